"""How a rehearsal looks: counts per recipient, never contents."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from concordat.agreements.document import Agreement
from concordat.agreements.reason import Reason
from concordat.agreements.rehearsing.rehearsal import Rehearsed
from concordat.agreements.rehearsing.tally import RecipientTally, Tally

MOST_TOLD = 20
_WIDTH = 96
_INDENT = " " * 12


class Faults:
    """What was no event: all counted, the first of them told with their places."""

    def __init__(self) -> None:
        self.count = 0
        self.told: list[tuple[str, str]] = []

    def add(self, place: str, message: str) -> None:
        """Count one; `message` holds nothing of what stands there."""
        self.count += 1
        if len(self.told) < MOST_TOLD:
            self.told.append((place, message))


@dataclass(frozen=True, slots=True)
class RehearsalView:
    """A rehearsal of `new` against `old`, which is None where it was compared with nothing."""

    new: Agreement
    old: Agreement | None
    rehearsed: Rehearsed
    faults: Faults

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        rehearsed, old = self.rehearsed, self.old
        return {
            "agreement": self.new.id,
            "version": self.new.version,
            "against": {"agreement": old.id, "version": old.version} if old else None,
            "events": rehearsed.events,
            "decided": rehearsed.decided,
            "untouched": rehearsed.untouched,
            "repeats": rehearsed.repeats,
            "faulty": self.faults.count,
            "faults": [{"place": place, "message": message} for place, message in self.faults.told],
            "recipients": {agency: self._recipient(agency) for agency in self._recipients()},
        }

    def lines(self) -> Iterator[str]:
        """The lines for a person."""
        rehearsed = self.rehearsed
        against = f"version {self.old.version}" if self.old else "nothing"
        if self.old and self.old.id != self.new.id:
            against = f"{self.old.id} version {self.old.version}"
        yield f"{self.new.id} version {self.new.version} against {against}"
        yield (
            f"{rehearsed.events} events: {rehearsed.decided} decided, {rehearsed.untouched} for "
            f"which nobody is named, {rehearsed.repeats} repeats; {self.faults.count} no events"
        )
        for agency in self._recipients():
            yield ""
            yield from self._about(agency, self._tally(agency))

    def _recipients(self) -> list[str]:
        """Everybody whom either agreement names, also those whom no event could reach."""
        return sorted({agency for each in (self.new, self.old) if each for agency in _named(each)})

    def _tally(self, agency: str) -> RecipientTally:
        return self.rehearsed.recipients.get(agency, RecipientTally())

    def _shares(self, agency: str) -> dict[str, Tally]:
        """How often each of its shares held; the shares that never did are told as well."""
        held = self._tally(agency).shares
        return {
            share.id: held.get(share.id, Tally())
            for share in self.new.shares
            if agency in self.new.recipients(share)
        }

    def _recipient(self, agency: str) -> dict[str, Any]:
        tally = self._tally(agency)
        kinds = ("gained", "lost", "more", "fewer")
        return {
            "shared": tally.shared,
            "shared_before": tally.shared_before,
            "deliveries": tally.deliveries,
            "shares": {share: _plain(held) for share, held in self._shares(agency).items()},
            **{kind: _plain(getattr(tally, kind)) for kind in kinds},
            "added": dict(sorted(tally.added.items())),
            "removed": dict(sorted(tally.removed.items())),
            "withheld": [
                {"reason": reason, "field": field, "events": count}
                for (reason, field), count in _commonest(tally)
            ],
        }

    def _about(self, agency: str, tally: RecipientTally) -> Iterator[str]:
        before = f" ({tally.shared_before} before)" if self.old else ""
        yield f"{agency}: {tally.shared} events shared{before}, in {tally.deliveries} deliveries"
        for share, held in self._shares(agency).items():
            yield f"  {held.events:>8}  under {share}"
        if self.old:
            yield from _told("gained", tally.gained)
            yield from _told("lost", tally.lost)
            yield from _told("with more fields", tally.more, tally.added)
            yield from _told("with fewer fields", tally.fewer, tally.removed)
        else:
            yield from _told("shared", tally.gained)
        for (reason, field), count in _commonest(tally):
            about = f" ({field})" if field else ""
            yield f"  {count:>8}  withheld{about}: {reason.sentence}"


def _named(agreement: Agreement) -> Iterator[str]:
    for share in agreement.shares:
        yield from agreement.recipients(share)


def _plain(tally: Tally) -> dict[str, Any]:
    return {"events": tally.events, "examples": tally.examples}


def _commonest(tally: RecipientTally) -> list[tuple[tuple[Reason, str | None], int]]:
    return sorted(tally.withheld.items(), key=lambda each: (-each[1], each[0][0], each[0][1] or ""))


def _told(what: str, tally: Tally, fields: dict[str, int] | None = None) -> Iterator[str]:
    if not tally.events:
        return
    yield f"  {tally.events:>8}  {what}"
    said = [f"{name} {count}" for name, count in sorted((fields or {}).items())]
    for words in (", ".join(said), f"such as {', '.join(tally.examples)}"):
        yield from wrap(
            words,
            _WIDTH,
            initial_indent=_INDENT,
            subsequent_indent=_INDENT,
            break_on_hyphens=False,
        )
