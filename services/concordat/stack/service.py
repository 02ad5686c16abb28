"""One service of the stack over its lives."""

from concordat.stack.child import Child
from concordat.stack.death import Death
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.program import Program
from concordat.stack.restart_policy import GiveUp, Life, RestartAfter, RestartPolicy
from concordat.stack.state_directory import StateDirectory

_LIVES_REMEMBERED = 64


class Service:
    """A program that is started again when it dies; times are seconds of one monotonic clock."""

    def __init__(
        self,
        program: Program,
        state: StateDirectory,
        forks: ForkingThread,
        policy: RestartPolicy,
    ) -> None:
        self.program = program
        self._state = state
        self._forks = forks
        self._policy = policy
        self._child: Child | None = None
        self._started_at = 0.0
        self._start_at: float | None = None
        self._lives: list[Life] = []

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child is not None and self._child.alive else None

    def due(self, now: float) -> bool:
        """Whether a restart was decided and its time has come."""
        return self._start_at is not None and now >= self._start_at

    def start(self, now: float) -> int:
        """Start it and return its pid."""
        self._start_at = None
        self._started_at = now
        self._child = Child(self.program, self._state, self._forks)
        self._state.note_pid(self.name, self._child.pid)
        return self._child.pid

    def take_death(self, now: float) -> tuple[Death, RestartAfter | GiveUp] | None:
        """Return a death and what follows from it, each death once."""
        death = self._child.death if self._child is not None else None
        if death is None:
            return None
        self.stop(0)
        self._lives = [*self._lives, Life(self._started_at, now)][-_LIVES_REMEMBERED:]
        decision = self._policy.decide(self._lives)
        if isinstance(decision, RestartAfter):
            self._start_at = now + decision.seconds
        return death, decision

    def ask_to_stop(self) -> None:
        """Ask it to stop, without waiting for that; idempotent."""
        if self._child is not None:
            self._child.ask_to_end()

    def stop(self, grace_seconds: float) -> None:
        """Stop it, and do not start it again; idempotent."""
        self._start_at = None
        if self._child is not None:
            self._child.stop(grace_seconds)
            self._child = None
            self._state.note_pid(self.name, None)
