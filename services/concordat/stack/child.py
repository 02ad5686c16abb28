"""A supervised child process."""

import os
import signal
import subprocess
from pathlib import Path
from typing import IO

from concordat.stack.child_log import ChildLog
from concordat.stack.death import Death
from concordat.stack.death_signal import bound_to_parent
from concordat.stack.errors import ChildDied, ChildNotReady
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.process_record import ProcessRecord, start_time
from concordat.stack.program import Program
from concordat.stack.state_directory import StateDirectory

LAST_LINES = 20
_KILL_SECONDS = 5.0


class Child:
    """A running program, its log, and its record `run/<name>.json`.

    It has its own session (a terminal's Ctrl-C does not reach it) and dies with its parent.
    """

    def __init__(self, program: Program, state: StateDirectory, forks: ForkingThread) -> None:
        """Start `program`, its output appended to `logs/<name>.log`, and record it."""
        self.program = program
        self.log = ChildLog(state.logs / f"{program.name}.log")
        self._forks = forks  # its end would kill the child
        self._asked = False
        self._record = state.run / f"{program.name}.json"
        with self.log.open() as output:
            self._process = forks.run(lambda: _fork(program, output))
        self._write_record()

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def pid(self) -> int:
        """The process id, also after the end."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.returncode is None

    @property
    def death(self) -> Death | None:
        """How it ended; None while it runs."""
        code = self.returncode
        return None if code is None else self._death(code)

    def tail(self, lines: int) -> tuple[str, ...]:
        """Return at most the last `lines` lines it has written since it started."""
        return self.log.tail(lines)

    def send(self, number: signal.Signals) -> None:
        """Send a signal; without effect once it has ended."""
        self._process.send_signal(number)

    def ask_to_end(self) -> None:
        """Ask it to end, once: some programs take a second signal for impatience."""
        if not self._asked:
            self._asked = True
            self.send(self.program.stop_signal)
            self.send(signal.SIGCONT)  # a paused process would not notice

    def stop(self, grace_seconds: float = 10.0) -> int:
        """Ask it to end, make it end after `grace_seconds`, and return its code; idempotent."""
        self.ask_to_end()
        if not self._ended_within(grace_seconds):
            return self.kill()
        return self._forget()

    def kill(self) -> int:
        """End it at once and return its code; idempotent."""
        self.send(self.program.kill_signal)
        self.send(signal.SIGCONT)
        if not self._ended_within(_KILL_SECONDS):
            self.send(signal.SIGKILL)
            self._process.wait()
        return self._forget()

    def run_to_end(self, seconds: float) -> None:
        """Wait for its success; raises ChildDied on another code, ChildNotReady when too slow."""
        in_time = self._ended_within(seconds)
        code = self.kill()
        if not in_time:
            raise ChildNotReady(self.name, seconds)
        if code != 0:
            raise ChildDied(self._death(code))

    def _death(self, code: int) -> Death:
        said = self.log.text()
        known = self.program.explanations.items()
        reason = next((meaning for words, meaning in known if words in said), "")
        return Death(self.name, code, self.tail(LAST_LINES), reason)

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _write_record(self) -> None:
        started = start_time(self.pid)
        if started is not None:
            record = ProcessRecord(
                pid=self.pid, started=started, kill_signal=self.program.kill_signal
            )
            record.write(self._record)

    def _forget(self) -> int:
        self._record.unlink(missing_ok=True)
        return self._process.returncode


def _fork(program: Program, output: IO[bytes]) -> subprocess.Popen[bytes]:
    account = program.account
    with (program.standard_input or Path(os.devnull)).open("rb") as standard_input:
        return subprocess.Popen(  # noqa: S603 - the stack's own commands, never a shell
            program.arguments,
            stdin=standard_input,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=program.folder,
            env=program.environment,
            start_new_session=True,
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
            preexec_fn=bound_to_parent(program.kill_signal),  # noqa: PLW1509 - must follow setuid
        )
