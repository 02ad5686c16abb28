import json
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from concordat.inbox.acknowledge_items import Acknowledgement
from concordat.inbox.invalid_input import problem_of
from concordat.inbox.problems import KINDS, ProblemFound, not_found, response_to
from concordat.inbox.read_inbox import InboxQuery

CANARY = "Zebedee Quartermain"


def body_of(problem: ProblemFound) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(bytes(response_to(problem).body))
    return document


@pytest.mark.parametrize("status", KINDS)
def test_every_problem_says_what_it_is(status: Any) -> None:
    response = response_to(ProblemFound(status))
    document = body_of(ProblemFound(status))
    assert response.status_code == document["status"] == status
    assert response.media_type == "application/problem+json"
    assert document["type"].startswith("urn:concordat:problem:")
    assert document["title"]
    assert document["detail"]
    assert document["errors"] == []
    assert ("retry-after" in response.headers) == (status == 503)
    assert ("www-authenticate" in response.headers) == (status == 401)


def test_unknown_and_foreign_are_told_in_the_same_bytes() -> None:
    assert response_to(not_found()).body == response_to(not_found()).body
    assert response_to(not_found()).headers == response_to(ProblemFound(404)).headers


class Inner(BaseModel, extra="forbid"):
    inner: int


class Everything(BaseModel, extra="forbid"):
    """One field for each kind of check, so that each kind of message is tried."""

    number: int | None = None
    bounded: Annotated[int, Field(ge=1, le=2)] | None = None
    text: Annotated[str, Field(max_length=3, pattern="^a+$")] | None = None
    flag: bool | None = None
    listed: list[int] | None = None
    nested: Inner | None = None


values = st.just(CANARY) | st.integers() | st.lists(st.just(CANARY)) | st.booleans()
names = st.sampled_from([*Everything.model_fields, *InboxQuery.model_fields, "seqs", CANARY])
objects = st.dictionaries(names, values | st.dictionaries(st.just(CANARY), values))


@pytest.mark.parametrize("model", [Acknowledgement, Everything, InboxQuery])
@given(sent=objects)
def test_a_problem_never_repeats_what_was_sent(model: type[BaseModel], sent: Any) -> None:
    try:
        model.model_validate_json(json.dumps(sent))
    except ValidationError as error:
        # With inputs and contexts: FastAPI's own error list has them.
        text = json.dumps(body_of(problem_of(error.errors())))
        assert "Zebedee" not in text
        assert "Quartermain" not in text


@given(st.text())
def test_text_that_is_not_json_is_not_repeated(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Acknowledgement.model_validate_json(CANARY + text)
    assert body_of(problem_of(caught.value.errors()))["errors"] == [
        {"code": "NOT_JSON", "path": "", "message": "is not JSON"}
    ]


@pytest.mark.parametrize("model", [Acknowledgement, InboxQuery])
def test_no_request_holds_a_mapping_whose_keys_could_be_told(model: type[BaseModel]) -> None:
    schema = json.dumps(model.model_json_schema())
    assert '"additionalProperties": false' in schema
    assert schema.count("additionalProperties") == schema.count('"additionalProperties": false')
    assert "patternProperties" not in schema


def test_an_error_names_the_place_and_the_rule() -> None:
    with pytest.raises(ValidationError) as caught:
        Acknowledgement.model_validate_json('{"seqs": [1, 0, "x"], "' + CANARY + '": 1}')
    assert body_of(problem_of(caught.value.errors()))["errors"] == [
        {
            "code": "WRONG_VALUE",
            "path": "seqs[1]",
            "message": "input should be greater than or equal to 1",
        },
        {
            "code": "WRONG_TYPE",
            "path": "seqs[2]",
            "message": "is not what the contract declares",
        },
        {"code": "UNDECLARED", "path": "", "message": "has a name that is not declared"},
    ]
