"""Whether this process delivers at the moment, and if not, why."""


class Readiness:
    """Ready while no part of deliver has a reason against it.

    Reasons are fixed sentences without data; the part that gave one takes it back. A note says what
    a process that delivers cannot do beside it.
    """

    def __init__(self) -> None:
        self._reasons = {"writer": "is starting"}
        self._notes: dict[str, str] = {}

    @property
    def ready(self) -> bool:
        """This process delivers."""
        return not self._reasons

    @property
    def reason(self) -> str:
        """Why not, or that it does, with its notes."""
        return next(iter(self._reasons.values()), "; ".join(["delivers", *self._notes.values()]))

    def no(self, part: str, reason: str) -> None:
        """`part` cannot work, because of `reason`."""
        self._reasons[part] = reason

    def yes(self, part: str) -> None:
        """`part` works."""
        self._reasons.pop(part, None)

    def note(self, part: str, sentence: str | None) -> None:
        """Say what `part` cannot do, although the process delivers; None: it can."""
        self._notes.pop(part, None)
        if sentence is not None:
            self._notes[part] = sentence

    def as_dict(self) -> dict[str, bool | str]:
        """What the health endpoint shows."""
        return {"ready": self.ready, "reason": self.reason}
