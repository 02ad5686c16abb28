"""P8: an agency reads only its own, and cannot tell another's from what does not exist.

Every operation of the interface needs a case here; one without a case fails.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from builders import Exchange, crime
from concordat.inbox.app import create_app
from integration.inbox.api import AGREEMENT, Api
from signed_notices import notice_of, record_of

AGENCIES = ("police", "social-care", "womens-aid")
SECRET = {agency: f"canary-of-{agency}" for agency in AGENCIES}
SEQ = {agency: 1000 + number for number, agency in enumerate(AGENCIES)}
UNKNOWN_SEQ = 9999
EVENT = {agency: f"event-of-{agency}" for agency in AGENCIES}
UNKNOWN_EVENT = "event-of-nobody"


@dataclass(frozen=True)
class Case:
    """How an agency reaches for what `owner` has, and for what nobody has.

    Without `unknown` the operation takes no name of anything: only its answer is looked at.
    """

    foreign: Callable[[str], dict[str, Any]]
    unknown: dict[str, Any] | None = None
    statuses: tuple[int, ...] = (404,)


def same(path: str, **sent: Any) -> Callable[[str], dict[str, Any]]:
    return lambda _owner: {"path": path, **sent}


def published_as(owner: str) -> dict[str, Any]:
    body = json.dumps({**crime(), "source": f"//{owner}", "id": EVENT[owner]})
    headers = {"Content-Type": "application/cloudevents+json"}
    return {"path": "/v1/events", "content": body, "headers": headers}


def noticed_as(owner: str) -> dict[str, Any]:
    """A notice of the controller behind `owner`, rightly signed."""
    exchange = Exchange()
    controller = exchange.book.agencies[owner].controller
    _, record = record_of(notice_of(AGREEMENT, controller, "suspend"), exchange)
    headers = {"Content-Type": "application/json"}
    return {"path": "/v1/notices", "content": record, "headers": headers}


CASES = {
    ("get", "/v1/inbox"): Case(same("/v1/inbox?all=true"), statuses=(200,)),
    ("get", "/v1/inbox/{seq}"): Case(
        lambda owner: {"path": f"/v1/inbox/{SEQ[owner]}"}, {"path": f"/v1/inbox/{UNKNOWN_SEQ}"}
    ),
    ("post", "/v1/inbox/ack"): Case(
        lambda owner: {"path": "/v1/inbox/ack", "json": {"seqs": [SEQ[owner]]}},
        {"path": "/v1/inbox/ack", "json": {"seqs": [UNKNOWN_SEQ]}},
    ),
    ("post", "/v1/events"): Case(published_as, statuses=(422,)),
    ("get", "/v1/events/{event_id}"): Case(
        lambda owner: {"path": f"/v1/events/{EVENT[owner]}"},
        {"path": f"/v1/events/{UNKNOWN_EVENT}"},
    ),
    ("get", "/v1/events/{event_id}/explanation"): Case(
        lambda owner: {"path": f"/v1/events/{EVENT[owner]}/explanation"},
        {"path": f"/v1/events/{UNKNOWN_EVENT}/explanation"},
    ),
    ("post", "/v1/notices"): Case(noticed_as, statuses=(403,)),
    ("get", "/health/live"): Case(same("/health/live"), statuses=(200,)),
    ("get", "/health/ready"): Case(same("/health/ready"), statuses=(200, 503)),
}

OPERATIONS = [
    (method, path)
    for path, methods in create_app().openapi()["paths"].items()
    for method in methods
]


async def fill(api: Api) -> None:
    """Give each agency an item and an event whose contents nobody else may see."""
    for number, agency in enumerate(AGENCIES):
        body = json.dumps({"data": SECRET[agency]})
        await api.deliver(agency, SEQ[agency], body=body)
        withheld = [{"agency": "adult-care", "reason": "NOT_NAMED", "share": SECRET[agency]}]
        await api.decide(agency, EVENT[agency], number, withheld=withheld)


@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
async def test_no_operation_gives_one_agency_anything_of_another(
    api: Api, operation: tuple[str, str]
) -> None:
    assert operation in CASES, f"say in CASES how {operation} keeps agencies apart"
    case, method = CASES[operation], operation[0].upper()
    await fill(api)
    for owner, caller in permutations(AGENCIES, 2):
        response = await api.call(caller, method, **case.foreign(owner))
        assert response.status_code in case.statuses
        for secret in (SECRET[owner], EVENT[owner], str(SEQ[owner])):
            assert secret not in response.text + str(response.headers)
        if case.unknown:
            unknown = await api.call(caller, method, **case.unknown)
            assert (unknown.status_code, unknown.content) == (
                response.status_code,
                response.content,
            )
            assert unknown.headers == response.headers
    for agency in AGENCIES:
        assert await api.column(agency, "acknowledged_at") == {SEQ[agency]: None}
    assert api.outboxes.published == []
    assert api.register.written == []


async def test_each_agency_does_read_its_own(api: Api) -> None:
    """Otherwise the test above would pass on an interface that answers nobody."""
    await fill(api)
    for agency in AGENCIES:
        for path in ("/v1/inbox", f"/v1/inbox/{SEQ[agency]}", f"/v1/events/{EVENT[agency]}"):
            assert SECRET[agency] in (await api.get(agency, path)).text
        assert (await api.acknowledge(agency, SEQ[agency])).status_code == 200


def test_every_operation_but_health_asks_who_is_calling() -> None:
    paths = create_app().openapi()["paths"]
    open_to_all = {
        path
        for path, methods in paths.items()
        for operation in methods.values()
        if operation.get("security") != [{"agency": []}]
    }
    assert open_to_all == {"/health/live", "/health/ready"}
