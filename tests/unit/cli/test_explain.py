"""`explain` asks only what can be answered, and says an explanation in plain ASCII lines."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import typer
from pydantic import TypeAdapter
from typer.testing import CliRunner

from concordat.agreements.explaining.explanation import (
    AddressConsidered,
    AgreementConsidered,
    CandidateExplained,
    ConditionConsidered,
    DeliveryExplained,
    Explanation,
    Identifier,
    ShareConsidered,
    Verdict,
)
from concordat.agreements.reason import Reason
from concordat.cli.explain import explain
from concordat.cli.explanation_lines import lines_of

SHARE = ShareConsidered(
    "pupils",
    "protect",
    ("child.name",),
    AddressConsidered((Identifier("schools", "urn", "school_urn"),), Verdict.HOLDS),
    (
        ConditionConsidered("grade", "in", ["high", "medium"], Verdict.HOLDS),
        ConditionConsidered("voiced", "is", True, Verdict.HOLDS),
        ConditionConsidered("count", "at_least", 2, Verdict.HOLDS),
    ),
)
DELIVERY = DeliveryExplained(
    "encompass",
    1,
    "protect",
    ("pupils",),
    ("child.name",),
    ("grade", "address.line"),
    ("address.line",),
)
AGREEMENT = AgreementConsidered("encompass", 1, None, None, (SHARE,))
SHARED = CandidateExplained("school", "shared", (DELIVERY,), (AGREEMENT,))


def lines(*candidates: CandidateExplained) -> list[str]:
    told = Explanation("type.v1", "police", datetime(2026, 11, 22, tzinfo=UTC), 7, candidates)
    plain: dict[str, Any] = TypeAdapter(Explanation).dump_python(
        told, mode="json", exclude_none=True
    )
    event = {"id": "event-0001", "subject": "case-0001", "decided_at": "2026-11-21T00:00:00Z"}
    return list(lines_of({**plain, **event}))


def test_a_shared_candidate_is_told_with_its_delivery_and_every_condition() -> None:
    assert lines(SHARED) == [
        "type.v1  event-0001",
        "case case-0001",
        "decided 2026-11-21T00:00:00Z",
        "considered as of 2026-11-22T00:00:00Z, 7 records of the register",
        "",
        "school: shared",
        "    delivery under encompass v1, law protect: pupils",
        "        sent: child.name",
        "        withheld: grade",
        "        withheld, and the recipient is not told their names: address.line",
        "    encompass v1",
        "        yes share pupils, law protect",
        "            yes     the member of schools whose urn is school_urn",
        "            yes     grade is one of high, medium",
        "            yes     voiced is true",
        "            yes     count is at least 2",
        "            sends: child.name",
    ]


def test_what_failed_is_told_where_it_lies() -> None:
    reason = Reason.FIELD_UNKNOWN
    condition = ConditionConsidered("grade", "present", True, Verdict.DOES_NOT_HOLD)
    unknown = ConditionConsidered("count", "less_than", 2.5, Verdict.FIELD_UNKNOWN)
    share = replace(
        SHARE,
        address=None,
        conditions=(unknown, condition),
        reason=reason,
        because=reason.sentence,
        field="count",
    )
    candidate = CandidateExplained(
        "school",
        "withheld",
        (),
        (replace(AGREEMENT, shares=(share,)),),
        reason=reason,
        because=reason.sentence,
        agreement="encompass",
    )
    told = lines(candidate)[5:]
    assert told == [
        "school: withheld",
        "    FIELD_UNKNOWN (encompass): A field that a condition asks for is not filled in.",
        "    encompass v1",
        "        no  share pupils, law protect",
        "            FIELD_UNKNOWN (count): A field that a condition asks for is not filled in.",
        "            unknown count is less than 2.5",
        "            no      grade is filled in",
        "            would send: child.name",
    ]


def test_an_agreement_that_is_not_in_force_says_so_and_its_shares_only_would_send() -> None:
    reason = Reason.WITHDRAWN
    agreement = replace(AGREEMENT, reason=reason, because=reason.sentence)
    unsigned = AgreementConsidered("other", None, reason, reason.sentence, ())
    told = "\n".join(lines(replace(SHARED, agreements=(agreement, unsigned))))
    assert "        not in force: WITHDRAWN: One of the two" in told
    assert "would send: child.name" in told
    assert "    other no version counts" in told


def test_an_event_that_concerns_nobody_is_said_to() -> None:
    assert lines()[-1] == "no agreement names anybody for such an event of this publisher"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("event-0001", "--auditor", "--agency", "police"), "say who asks"),
        (("event-0001",), "say who asks"),
        (("event-0001", "--agency", "police", "--source", "police"), "only the auditor"),
        (("event-0001", "--agency", "police", "--at", "yesterday"), "not an instant"),
        (("event-0001", "--agency", "police", "--at", "2026-11-22"), "not an instant"),
        (("event-0001", "--auditor", "--at", "2999-01-01T00:00:00Z"), "in the future"),
    ],
)
def test_a_question_that_cannot_be_answered_is_wrong_usage(
    arguments: tuple[str, ...], sentence: str
) -> None:
    app = typer.Typer()
    app.command()(explain)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert sentence in " ".join(result.output.replace("│", " ").split())
