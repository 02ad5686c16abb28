"""What changes in an agreement beside the fields: retention, law, signatures, dates, words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from concordat.agreements.comparison.reach import Ends, Reach
from concordat.agreements.document import Agreement, Law, Party, Share

Sides = Mapping[Ends, Sequence[Reach]]

_ONWARD = ("none", "ask", "allowed")
_JOINT = "joint-controller"


@dataclass(frozen=True, slots=True)
class TermChange:
    """One changed term: of the agreement, a party or a share. None: it is not stated there.

    `looser`: the change plainly takes a limit away.
    """

    about: str
    term: str
    before: str | None
    now: str | None
    looser: bool = False

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.about}: {self.term}: now {self.now}"
        if self.now is None:
            return f"{self.about}: {self.term}: no longer {self.before}"
        return f"{self.about}: {self.term}: {self.before} -> {self.now}"


def changed_terms(
    old: Agreement, new: Agreement, before: Sides, now: Sides
) -> tuple[TermChange, ...]:
    """Return every term that differs; `before` and `now` are the two agreements' `reaches`."""
    found = chain(
        _of_agreement(old, new),
        _of_parties(old, new),
        _of_shares(old, new),
        _undertakings(old, new),
        _laws(_laws_by_recipient(old, before), _laws_by_recipient(new, now)),
        _tells(before, now),
    )
    return tuple(change for change in found if change.before != change.now)


def _of_agreement(old: Agreement, new: Agreement) -> Iterator[TermChange]:
    was, comes = old.effective, new.effective
    about = "the agreement"
    yield _term(about, "in force from", was.from_, comes.from_, looser=comes.from_ < was.from_)
    yield _term(about, "in force until", was.until, comes.until, looser=comes.until > was.until)
    for term in ("id", "service_line", "title", "purpose", "operator", "review_by"):
        yield _term(about, term, getattr(old, term), getattr(new, term))
    yield _term(about, "dpia", *(f"{each.dpia.ref}, {each.dpia.approved}" for each in (old, new)))


def _of_parties(old: Agreement, new: Agreement) -> Iterator[TermChange]:
    for agency in sorted({*old.parties, *new.parties}):
        was, comes = old.parties.get(agency), new.parties.get(agency)
        if was is None or comes is None:
            gone, added = ("a party" if each else None for each in (was, comes))
            yield TermChange(agency, "is", gone, added)
        else:
            yield from _of_party(agency, was, comes)


def _of_party(agency: str, was: Party, comes: Party) -> Iterator[TermChange]:
    leaves_joint = was.acts_as == _JOINT != comes.acts_as  # the others need not wait for it
    yield _term(agency, "acts as", was.acts_as, comes.acts_as, looser=leaves_joint)
    yield _term(agency, "keeps (days)", was.keep_days, comes.keep_days, looser=_longer(was, comes))
    freer = _ONWARD.index(comes.onward) > _ONWARD.index(was.onward)
    yield _term(agency, "onward sharing", was.onward, comes.onward, looser=freer)
    copied = ("also to its own Kafka topic", "only in the inbox")
    yield _term(
        agency,
        "deliveries",
        copied[not was.direct],
        copied[not comes.direct],
        looser=comes.direct and not was.direct,
    )


def _longer(was: Party, comes: Party) -> bool:
    if was.keep_days is None:
        return False
    return comes.keep_days is None or comes.keep_days > was.keep_days


def _of_shares(old: Agreement, new: Agreement) -> Iterator[TermChange]:
    was, comes = ({share.id: share for share in each.shares} for each in (old, new))
    for share_id in dict.fromkeys([*was, *comes]):
        about = f"share {share_id}"
        if share_id in was and share_id in comes:
            yield from _of_share(about, was[share_id], comes[share_id])
        else:
            gone, added = (
                "in the agreement" if share_id in each else None for each in (was, comes)
            )
            yield TermChange(about, "stands", gone, added)


def _of_share(about: str, was: Share, comes: Share) -> Iterator[TermChange]:
    needed, needs = set(was.requires), set(comes.requires)
    yield _term(
        about,
        "also needs the signature of",
        ", ".join(sorted(needed)) or None,
        ", ".join(sorted(needs)) or None,
        looser=not needed <= needs,
    )
    hours = was.collect_within_hours, comes.collect_within_hours
    slower = hours[0] is not None and (hours[1] is None or hours[1] > hours[0])
    yield _term(about, "collect within (hours)", *hours, looser=slower)
    yield _term(about, "law", was.law, comes.law)
    yield _term(about, "because", was.because, comes.because)


def _undertakings(old: Agreement, new: Agreement) -> Iterator[TermChange]:
    for agency in sorted({*old.undertakings, *new.undertakings}):
        was, comes = (each.undertakings.get(agency, []) for each in (old, new))
        yield from _sets(agency, "undertakes", was, comes, dropping_is_looser=True)


def _laws_by_recipient(agreement: Agreement, sides: Sides) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for ends, reaches in sides.items():
        for reach in reaches:
            law = agreement.laws[reach.share.law]
            found.setdefault(ends.recipient, []).append(_written(reach.share.law, law))
    return found


def _written(name: str, law: Law) -> str:
    bases = (", ".join(basis) for basis in (law.publisher_basis, law.recipient_basis))
    return f"{name} ({law.gateway}; publisher {next(bases)}; recipient {next(bases)})"


def _laws(was: Mapping[str, list[str]], comes: Mapping[str, list[str]]) -> Iterator[TermChange]:
    for recipient in sorted({*was, *comes}):
        yield from _sets(
            recipient, "receives under", was.get(recipient, []), comes.get(recipient, [])
        )


def _tells(before: Sides, now: Sides) -> Iterator[TermChange]:
    """The fields that conditions look at: that a share held tells something of them."""
    for ends in sorted({*before, *now}):
        was, comes = (_looked_at(each.get(ends, [])) for each in (before, now))
        about = f"{ends.recipient}, from {ends.publisher}, {ends.event_type}"
        yield from _sets(about, "a delivery tells something of", was, comes, adding_is_looser=True)


def _looked_at(reaches: Iterable[Reach]) -> list[str]:
    return [condition.field for reach in reaches for condition in reach.conditions]


def _sets(
    about: str,
    term: str,
    was: Iterable[str],
    comes: Iterable[str],
    *,
    adding_is_looser: bool = False,
    dropping_is_looser: bool = False,
) -> Iterator[TermChange]:
    """What is only in `was`, then what is only in `comes`, one change each."""
    gone, added = dict.fromkeys(was), dict.fromkeys(comes)
    for each in gone:
        if each not in added:
            yield TermChange(about, term, each, None, dropping_is_looser)
    for each in added:
        if each not in gone:
            yield TermChange(about, term, None, each, adding_is_looser)


def _term(about: str, term: str, was: Any, comes: Any, *, looser: bool = False) -> TermChange:
    before, now = (None if each is None else str(each) for each in (was, comes))
    return TermChange(about, term, before, now, looser)
