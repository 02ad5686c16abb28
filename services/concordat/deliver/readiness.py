"""Whether this process delivers at the moment, and if not, why."""


class Readiness:
    """Ready while no part of deliver has a reason against it.

    Reasons are fixed sentences without data; the part that gave one takes it back.
    """

    def __init__(self) -> None:
        self._reasons = {"writer": "is starting"}

    @property
    def ready(self) -> bool:
        """This process delivers."""
        return not self._reasons

    @property
    def reason(self) -> str:
        """Why not, or that it does."""
        return next(iter(self._reasons.values()), "delivers")

    def no(self, part: str, reason: str) -> None:
        """`part` cannot work, because of `reason`."""
        self._reasons[part] = reason

    def yes(self, part: str) -> None:
        """`part` works."""
        self._reasons.pop(part, None)

    def as_dict(self) -> dict[str, bool | str]:
        """What the health endpoint shows."""
        return {"ready": self.ready, "reason": self.reason}
