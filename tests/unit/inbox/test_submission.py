import json
from typing import Any

import pytest

from concordat.agreements.book import Book
from concordat.agreements.register import Register
from concordat.inbox.problems import ProblemFound
from concordat.inbox.submission import BATCH_MEDIA_TYPE, Submission, read_submission
from concordat_events.envelope import MEDIA_TYPE

CANARY = "Zebedee Quartermain"


def event(event_id: str = "event-0001", **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "//west-mercia-police",
        "type": "community-safety.crime-recorded.v1",
        "time": "2025-12-01T00:00:00Z",
        "subject": "case-0001",
        "data": {"category": "robbery", "month": "2025-12"},
        **changes,
    }


def submitted(content: Any, media_type: str = BATCH_MEDIA_TYPE) -> Submission:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_submission(body, media_type, agency="west-mercia-police", book=Book(Register()))


def refused(content: Any, media_type: str = BATCH_MEDIA_TYPE) -> ProblemFound:
    with pytest.raises(ProblemFound) as caught:
        submitted(content, media_type)
    assert CANARY not in str([*caught.value.errors, caught.value.detail])
    return caught.value


def test_one_event_is_read() -> None:
    found = submitted(event(), MEDIA_TYPE).events
    assert [each.id for each in found] == ["event-0001"]


def test_a_batch_keeps_its_order() -> None:
    ids = [f"event-{number:04}" for number in (3, 1, 2)]
    found = submitted([event(each) for each in ids]).events
    assert [each.id for each in found] == ids


def test_an_empty_batch_is_a_batch() -> None:
    assert submitted([]).events == ()


def test_one_fault_refuses_the_whole_batch_and_says_which_event() -> None:
    broken = event("event-0002", data={"category": "robbery", "month": CANARY, CANARY: 1})
    problem = refused([event(), broken, event("event-0003")])
    assert problem.status == 422
    assert {error.index for error in problem.errors} == {1}
    assert {error.code for error in problem.errors} == {"WRONG_VALUE", "UNDECLARED"}
    assert "data.month" in {error.path for error in problem.errors}


def test_a_single_event_has_no_index() -> None:
    problem = refused(event(source="//womens-aid"), MEDIA_TYPE)
    assert [(error.code, error.index) for error in problem.errors] == [("WRONG_SOURCE", None)]


def test_an_event_of_another_agency_is_refused() -> None:
    assert refused([event(source="//womens-aid")]).errors[0].code == "WRONG_SOURCE"


def test_an_id_stands_for_one_content_in_a_batch() -> None:
    problem = refused([event(), event(subject="case-0002")])
    assert [(error.code, error.index) for error in problem.errors] == [("DUPLICATE_ID", 1)]


def test_an_exact_repeat_in_a_batch_counts_once_however_it_is_traced_or_written() -> None:
    trace = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    again = event(time="2025-12-01T01:00:00+01:00", **trace)
    assert len(submitted([event(), again]).events) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[", b"[{}] x", b"null", b'"x"', b"\xff", b"[" * 100_000, b'[{"a": NaN}]'],
    ids=repr,
)
def test_what_is_no_array_is_refused(body: bytes) -> None:
    problem = refused(body)
    assert problem.status == 422
    assert problem.errors[0].code in {"NOT_JSON"}


def test_a_batch_has_at_most_five_hundred_events() -> None:
    assert refused([{}] * 501).status == 413
    assert refused([{}] * 500).status == 422


def test_an_event_in_a_batch_may_not_be_larger_than_one_alone() -> None:
    problem = refused([event(data={"category": "x" * 131_072})])
    assert [(error.code, error.index) for error in problem.errors] == [("TOO_LARGE", 0)]
