"""Ways to share too much or too little, each planted to see that it is found."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from concordat.agreements import coarse_view, plan, standing, stopping, view
from concordat.agreements.condition import Test, compile_test
from concordat.agreements.decide import decide
from concordat.agreements.document import Agreement, Condition, Share
from concordat.agreements.plan import Clause, Group
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.stages import route
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import Leaf, leaves

Plant = Callable[[pytest.MonkeyPatch], None]
EVER = date(9999, 12, 31)


def condition_inverted(patch: pytest.MonkeyPatch) -> None:
    """What `is` must not hold."""
    compiled = compile_test

    def inverted(condition: Condition, leaf: Leaf) -> Test:
        test = compiled(condition, leaf)
        if condition.test[0] != "is_":
            return test
        return lambda value: None if (held := test(value)) is None else not held

    patch.setattr(plan, "compile_test", inverted)


def below_counts_as_at_least(patch: pytest.MonkeyPatch) -> None:
    """`at_least: 2` lets 1 through."""
    compiled = compile_test

    def off_by_one(condition: Condition, leaf: Leaf) -> Test:
        name, operand = condition.test
        if name == "at_least":
            condition = condition.model_copy(update={"at_least": operand - 1})
        return compiled(condition, leaf)

    patch.setattr(plan, "compile_test", off_by_one)


def unknown_counts_as_true(patch: pytest.MonkeyPatch) -> None:
    """A field that is missing meets every condition."""
    compiled = compile_test

    def lenient(condition: Condition, leaf: Leaf) -> Test:
        test = compiled(condition, leaf)
        return lambda value: True if value is None else test(value)

    patch.setattr(plan, "compile_test", lenient)


def never_send_ignored(patch: pytest.MonkeyPatch) -> None:
    """What is never sent is sent."""
    sent = Agreement.sent

    def everything(agreement: Agreement, share: Share) -> frozenset[str]:
        return sent(agreement.model_copy(update={"never_send": []}), share)

    patch.setattr(Agreement, "sent", everything)


def sealed_through_a_set(patch: pytest.MonkeyPatch) -> None:
    """A share that sends a set sends the sealed fields of its event too."""
    sent = Agreement.sent

    def more(agreement: Agreement, share: Share) -> frozenset[str]:
        names = sent(agreement, share)
        if not any(isinstance(item, str) and item.startswith("@") for item in share.send):
            return names
        sealed = (leaf.path for leaf in leaves(CATALOGUE[share.event]).values() if leaf.sealed)
        return names.union(sealed)

    patch.setattr(Agreement, "sent", more)


def union_across_laws(patch: pytest.MonkeyPatch) -> None:
    """What one law lets through goes under the other as well."""
    grant = Group.grant

    def wider(group: Group, shares: tuple[str, ...]) -> Any:
        same = {share.id for share in group.agreement.shares if share.event == _event(group)}
        one = replace(
            group,
            clauses=tuple(
                Clause(share, ()) for share in group.agreement.shares if share.id in same
            ),
            grants={},
        )
        made = grant(one, tuple(share.share.id for share in one.clauses))
        return replace(made, shares=shares)

    patch.setattr(Group, "grant", wider)


def _event(group: Group) -> str:
    return group.clauses[0].share.event


def coarsening_dropped(patch: pytest.MonkeyPatch) -> None:
    """The whole value goes in the place of a part of it."""

    def whole(_coarsening: Any, _leaf: Leaf) -> Callable[[Any], Any]:
        return lambda value: value

    patch.setattr(coarse_view, "coarsener", whole)


def traces_left(patch: pytest.MonkeyPatch) -> None:
    """What is left empty leaves an empty object, which tells that there was something."""

    def none(_inner: Any) -> Callable[[Any], None]:
        return lambda _value: None

    patch.setattr(view, "_pruner", none)


def suspended_pair_sent(patch: pytest.MonkeyPatch) -> None:
    """A suspension stops nothing."""

    def lenient(*asked: Any) -> Reason | None:
        reason = stopping.why_stopped(*asked)
        return None if reason is Reason.SUSPENDED else reason

    patch.setattr(standing, "why_stopped", lenient)


def resumed_by_one(patch: pytest.MonkeyPatch) -> None:
    """One side's word ends a suspension for both."""

    def over(register: Register, stop: Any, publisher: str, recipient: str) -> bool:
        own = {register.controller_of(publisher), register.controller_of(recipient)}
        return bool(stop.resumed_by(publisher, recipient) & own)

    patch.setattr(stopping, "_over", over)


def retired_version_revived(patch: pytest.MonkeyPatch) -> None:
    """When the newest version has ended, the one before it counts again."""

    def living(register: Register, agreement_id: str, publisher: str, day: date) -> int | None:
        controller = register.controller_of(publisher)
        known = register.agreements.get(agreement_id, {})
        return max(
            (
                version
                for version, agreement in known.items()
                if (agreement_id, version, controller) in register.signatures
                and agreement.effective.from_ <= day <= agreement.effective.until
            ),
            default=None,
        )

    patch.setattr(standing, "version_for", living)
    patch.setattr(plan, "version_for", living)


def end_ignored(patch: pytest.MonkeyPatch) -> None:
    """An agreement goes on after its last day."""

    def lenient(*asked: Any) -> Reason | None:
        reason = standing.why_not(*asked)
        return None if reason is Reason.EXPIRED else reason

    patch.setattr(plan, "why_not", lenient)


def recipient_unsigned(patch: pytest.MonkeyPatch) -> None:
    """The recipient's signature is not waited for."""

    def lenient(*asked: Any) -> Reason | None:
        reason = standing.why_not(*asked)
        return None if reason is Reason.UNSIGNED_BY_RECIPIENT else reason

    patch.setattr(plan, "why_not", lenient)


def joint_controllers_not_asked(patch: pytest.MonkeyPatch) -> None:
    """One joint controller's signature is enough."""
    patch.setattr(standing, "_joint_controllers_signed", lambda *_: True)


def third_party_not_asked(patch: pytest.MonkeyPatch) -> None:
    """A share that needs a third party's word goes without."""
    patch.setattr(plan, "why_not_share", lambda *_: None)


def whole_group_addressed(patch: pytest.MonkeyPatch) -> None:
    """Every member of the group gets what is for the one whom a field picks."""
    addressed = Agreement.addressed

    def all_of_them(agreement: Agreement, share: Share) -> Mapping[str, tuple[()]]:
        return dict.fromkeys(addressed(agreement, share), ())

    patch.setattr(Agreement, "addressed", all_of_them)


def denial_ignored(patch: pytest.MonkeyPatch) -> None:
    """What its publisher denies an agency goes there."""
    patch.setattr(route, "decide", lambda asked, data, _denied: decide(asked, data, frozenset()))


BUGS: Mapping[str, Plant] = {
    each.__name__.replace("_", "-"): each
    for each in (
        condition_inverted,
        below_counts_as_at_least,
        unknown_counts_as_true,
        never_send_ignored,
        sealed_through_a_set,
        union_across_laws,
        coarsening_dropped,
        traces_left,
        suspended_pair_sent,
        resumed_by_one,
        retired_version_revived,
        end_ignored,
        recipient_unsigned,
        joint_controllers_not_asked,
        third_party_not_asked,
        whole_group_addressed,
        denial_ignored,
    )
}
