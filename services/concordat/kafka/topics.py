"""The names of the exchange's topics. Dots and hyphens, never underscores."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic names; `prefix` keeps several exchanges apart on one broker."""

    prefix: str = ""

    @property
    def incidents(self) -> str:
        """Admitted events, one log, by case."""
        return self.prefix + "incidents"

    @property
    def routed(self) -> str:
        """One decision with its deliveries per event; internal."""
        return self.prefix + "routed"

    @property
    def register(self) -> str:
        """Controllers, agencies, agreements, signatures, notices."""
        return self.prefix + "register"

    @property
    def dead_letters(self) -> str:
        """Records that no publisher can be told of."""
        return self.prefix + "dead-letters"

    def outbox(self, agency: str) -> str:
        """Where `agency` publishes."""
        return f"{self.prefix}outbox.{agency}"

    def receipts(self, agency: str) -> str:
        """Where `agency` is told what became of its events."""
        return f"{self.prefix}receipts.{agency}"

    def inbox(self, agency: str) -> str:
        """Where `agency` is given its deliveries too, under agreements that say so."""
        return f"{self.prefix}inbox.{agency}"

    @property
    def outbox_pattern(self) -> str:
        """The subscription of admit, as librdkafka wants it: a regular expression from `^`."""
        escaped = self.prefix.replace(".", r"\.")
        return rf"^{escaped}outbox\..+"

    def agency_of(self, topic: str) -> str | None:
        """The agency whose outbox `topic` is, or None."""
        start = self.prefix + "outbox."
        return topic.removeprefix(start) if topic.startswith(start) else None
