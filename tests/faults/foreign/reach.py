"""How an agency reaches for what another has, through each endpoint that there is.

An endpoint without an example here is one that nobody has looked at: the bar says so.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from joserfc.jwk import OKPKey
from starlette.routing import Route

from builders import crime
from concordat.agreements.notice import Notice
from concordat.agreements.signature import sign
from concordat.inbox.cursor import Cursor
from faults.foreign.holdings import EVENTS, GIVEN, Held

Operation = tuple[str, str]
"""Method and path template."""


@dataclass(frozen=True)
class Reach:
    """One request, without a token; `own_too`: its owner is answered with what is asked for."""

    operation: Operation
    path: str
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    own_too: bool = False


@dataclass(frozen=True)
class World:
    """What requests are made of: the generation of the database, and who signs what."""

    generation: str
    keys: dict[str, OKPKey]


ForWhat = Callable[[World, Held, Held], Iterator[Reach]]
"""Requests of a caller (what it holds itself) for what somebody, or nobody, has."""


def _inbox(world: World, _caller: Held, held: Held) -> Iterator[Reach]:
    operation, path = ("GET", "/v1/inbox"), "/v1/inbox"
    yield Reach(operation, f"{path}?all=true", own_too=True)
    for kind in GIVEN:
        cursor = Cursor(world.generation, held.seq(kind))
        yield Reach(operation, f"{path}?all=true&after={cursor}")
    yield Reach(operation, f"{path}?agency={_name(held)}")
    yield Reach(operation, f"{path}?all=true", headers={"X-Agency": _name(held)})


def _item(_world: World, _caller: Held, held: Held) -> Iterator[Reach]:
    operation = ("GET", "/v1/inbox/{seq}")
    for kind in (*GIVEN, "stub"):
        readable = kind in ("read", "put-away", "moved")
        yield Reach(operation, f"/v1/inbox/{held.seq(kind)}", own_too=readable)
    path = f"/v1/inbox/{held.seq('read')}"
    yield Reach(operation, f"{path}?agency={_name(held)}")
    yield Reach(operation, path, headers={"X-Agency": _name(held)})


def _acknowledge(_world: World, caller: Held, held: Held) -> Iterator[Reach]:
    operation, path = ("POST", "/v1/inbox/ack"), "/v1/inbox/ack"
    one = [[held.seq(kind)] for kind in (*GIVEN, "stub")]
    for seqs in (*one, [caller.seq("read"), held.seq("read")], [held.seq(kind) for kind in GIVEN]):
        body = json.dumps({"seqs": seqs}).encode()
        yield Reach(operation, path, body, {"Content-Type": "application/json"})


def _event(_world: World, _caller: Held, held: Held) -> Iterator[Reach]:
    operation = ("GET", "/v1/events/{event_id}")
    for kind in EVENTS:
        yield Reach(operation, f"/v1/events/{held.event(kind)}", own_too=True)
    path = f"/v1/events/{held.event('decided')}"
    yield Reach(operation, f"{path}?source=//{_name(held)}")
    yield Reach(operation, path, headers={"X-Agency": _name(held)})


def _explanation(_world: World, _caller: Held, held: Held) -> Iterator[Reach]:
    operation = ("GET", "/v1/events/{event_id}/explanation")
    path = f"/v1/events/{held.event('decided')}/explanation"
    yield Reach(operation, path, own_too=True)
    yield Reach(operation, f"{path}?at=2026-06-01T00:00:00Z")
    yield Reach(operation, f"{path}?agency={_name(held)}")


def _publish(_world: World, _caller: Held, held: Held) -> Iterator[Reach]:
    for kind in EVENTS[:2]:
        event = {**crime(), "source": f"//{_name(held)}", "id": held.event(kind)}
        headers = {"Content-Type": "application/cloudevents+json"}
        yield Reach(("POST", "/v1/events"), "/v1/events", json.dumps(event).encode(), headers)


def _notice(world: World, caller: Held, held: Held) -> Iterator[Reach]:
    """A suspension of another controller, rightly signed; nobody's controller is not registered.

    None where both have one controller: any of its agencies may hand in what it has signed.
    """
    if caller.agency != held.agency and caller.controller == held.controller:
        return
    controller = "nobody-board" if held.nobody else held.controller
    notice = Notice.model_validate(
        {
            "schema": "concordat/notice/v1",
            "agreement": "test-agreement",
            "version": 1,
            "action": "suspend",
            "controller": controller,
            "at": "2026-11-22T12:00:00Z",
            "reason": "A test asks for it.",
        }
    )
    signature = sign(notice.canonical(), world.keys[held.controller])
    record = {"notice": msgspec.Raw(notice.canonical()), "signature": signature}
    headers = {"Content-Type": "application/json"}
    yield Reach(("POST", "/v1/notices"), "/v1/notices", msgspec.json.encode(record), headers)


def _same_for_all(method: str, path: str) -> ForWhat:
    def reach(_world: World, _caller: Held, held: Held) -> Iterator[Reach]:
        yield Reach((method, path), path)
        yield Reach((method, path), f"{path}?agency={_name(held)}")

    return reach


OPEN = frozenset({"/health/live", "/health/ready", "/v1/openapi.json"})
"""What is answered without a token: it says nothing of any agency."""

REACHES: dict[Operation, ForWhat] = {
    ("GET", "/v1/inbox"): _inbox,
    ("GET", "/v1/inbox/{seq}"): _item,
    ("POST", "/v1/inbox/ack"): _acknowledge,
    ("POST", "/v1/events"): _publish,
    ("GET", "/v1/events/{event_id}"): _event,
    ("GET", "/v1/events/{event_id}/explanation"): _explanation,
    ("POST", "/v1/notices"): _notice,
    **{
        (method, path): _same_for_all(method, path)
        for path in sorted(OPEN)
        for method in ("GET", "HEAD")
    },
}

MAY_ANSWER: dict[Operation, frozenset[int]] = {
    # 422: an undeclared parameter is refused, whoever it names. 409: the caller's inbox has no
    # number as high as the cursor's.
    ("GET", "/v1/inbox"): frozenset({200, 409, 422}),
    ("GET", "/v1/inbox/{seq}"): frozenset({404}),
    ("POST", "/v1/inbox/ack"): frozenset({404}),
    ("POST", "/v1/events"): frozenset({422}),
    ("GET", "/v1/events/{event_id}"): frozenset({404}),
    ("GET", "/v1/events/{event_id}/explanation"): frozenset({404, 422}),
    ("POST", "/v1/notices"): frozenset({403}),
}
"""How a reach for another's is answered; what is open to all may say what it likes."""


def operations_of(app: FastAPI) -> set[Operation]:
    """Every method and path that the app serves, described in OpenAPI or not."""
    found: set[Operation] = set()
    for route in _routes(app):
        found |= {(method, route.path) for method in route.methods or ()}
    described = app.openapi()["paths"]
    return found | {(m.upper(), path) for path, methods in described.items() for m in methods}


def _routes(app: Any) -> Iterator[Route | APIRoute]:
    for each in app.routes:
        if isinstance(each, Route | APIRoute):
            yield each
        elif (router := getattr(each, "original_router", None)) is not None:
            yield from _routes(router)
        else:
            yield from _routes(each)


def like(held: Held) -> Held:
    """Names like those of `held` that lead nowhere."""
    return replace(held, nobody=True)


def _name(held: Held) -> str:
    return "no-such-agency" if held.nobody else held.agency
