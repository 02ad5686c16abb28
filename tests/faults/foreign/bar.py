"""Every endpoint, every pair of agencies, raw SQL: none sees another's, or that there is any."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import httpx

from concordat.inbox.app import create_app
from faults.asking import ask
from faults.bar import Bar, Ground
from faults.foreign import holdings as held_by
from faults.foreign.bugs import BUGS
from faults.foreign.holdings import Held, everybody, holdings, register_of
from faults.foreign.raw_sql import claim_catalogue, claim_rows
from faults.foreign.reach import (
    MAY_ANSWER,
    OPEN,
    REACHES,
    Operation,
    Reach,
    World,
    like,
    operations_of,
)
from faults.foreign.tokens import Headers, bad_tokens, bearer, unknown_agency
from faults.rig import Rig, open_rig

AT_ONCE = 4
NOT_COMPARED = frozenset({"date", "content-length"})
"""Of a header that counts, `content-length` is what an echoed name changes."""


@dataclass
class Asked:
    """What was asked and what came back."""

    requests: int = 0
    pairs: int = 0
    own: int = 0
    by_operation: Counter[Operation] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unproven: int = 0
    let_in: list[str] = field(default_factory=list)


async def run(ground: Ground) -> None:
    """Fill, reach for everything, and see that nothing was given and nothing moved."""
    controllers = everybody()
    with ground.planted():
        register = register_of(controllers)
        operations = operations_of(create_app())
        async with open_rig(ground, register) as rig:
            held = holdings(controllers)
            await held_by.fill(rig, held)
            await asyncio.to_thread(rig.start_all, inbox=1)
            generation = (await rig.ask("SELECT generation FROM concordat.exchange"))[0][0]
            world = World(generation, register.keys)
            before, asked = await _everything(rig), Asked()
            chosen = ground.pick(smoke=ground.draw.sample(held, 4), full=held)
            await _all_pairs(rig, world, chosen, asked)
            unproven = ground.pick(smoke=chosen[:2], full=chosen)
            await _all_tokens(rig, world, unproven, asked)
            changed = sum(
                one != other for one, other in zip(before, await _everything(rig), strict=True)
            )
            await claim_rows(rig, held, ground.findings)
            await claim_catalogue(rig, ground.findings)
            written = await asyncio.to_thread(_written, rig, held)
            await _own(rig, world, chosen, asked)
    _claim(ground, operations, len(chosen), len(unproven), asked)
    ground.findings.none(tables_changed=changed, published_for_others=written)


def _claim(
    ground: Ground, operations: set[Operation], agencies: int, unproven: int, asked: Asked
) -> None:
    findings = ground.findings
    without = sorted(" ".join(each) for each in operations - REACHES.keys())
    findings.none(endpoints_nobody_has_an_example_for=len(without))
    for each in without:
        findings.fail(f"say in foreign/reach.py how {each} keeps agencies apart")
    findings.least(len(operations), endpoints=len(asked.by_operation.keys() & operations))
    findings.least(agencies * (agencies - 1), pairs=asked.pairs)
    findings.least(agencies * (agencies - 1) * 60, requests=asked.requests)
    findings.least(agencies * 8, own_answers=asked.own)
    findings.least(unproven * 100, unproven_requests=asked.unproven)
    findings.none(
        foreign_rows=len(asked.leaks),
        foreign_unlike_unknown=len(asked.differences),
        other_statuses=len(asked.wrong),
        let_in_without_proof=len(asked.let_in),
    )
    for each in sorted({*asked.leaks, *asked.differences, *asked.wrong, *asked.let_in})[:8]:
        findings.fail(each)


async def _all_pairs(rig: Rig, world: World, held: Sequence[Held], asked: Asked) -> None:
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(caller: Held) -> None:
        async with turns, rig.client(caller.agency) as client:
            for other in held:
                if other is not caller:
                    await _pair(client, world, caller, other, asked)

    await asyncio.gather(*(one(caller) for caller in held))
    assert asked.pairs == len(list(permutations(held, 2)))


async def _pair(
    client: httpx.AsyncClient, world: World, caller: Held, other: Held, asked: Asked
) -> None:
    """Reach for everything of `other`, and for what is like it and nobody's; compare."""
    asked.pairs += 1
    nobody = like(other)
    for reaches in REACHES.values():
        pairs = zip(reaches(world, caller, other), reaches(world, caller, nobody), strict=True)
        for foreign, unknown in pairs:
            asked.by_operation[foreign.operation] += 1
            asked.requests += 2
            ours, theirs = await _send(client, foreign), await _send(client, unknown)
            where = f"{caller.agency}: {' '.join(foreign.operation)}"
            told = ours.text + str(ours.headers)
            if any(each in _without(told, foreign) for each in other.traces):
                asked.leaks.append(f"{where} tells something of {other.agency}")
            if _seen(ours, other, world) != _seen(theirs, nobody, world):
                asked.differences.append(
                    f"{where} tells another's from nobody's"
                    f": {ours.status_code} and {theirs.status_code}"
                )
            if ours.status_code not in MAY_ANSWER.get(foreign.operation, {ours.status_code}):
                asked.wrong.append(f"{where} answers {ours.status_code} to {foreign.path}")


def _without(told: str, reach: Reach) -> str:
    """An answer without what the caller has sent itself in the query: a cursor comes back."""
    _, _, query = reach.path.partition("?")
    for part in query.split("&"):
        value = part.partition("=")[2]
        told = told.replace(value, "") if value else told
    return told


def _seen(answer: httpx.Response, held: Held, world: World) -> tuple[Any, ...]:
    """Status, headers, body; names that were asked for told by what they are."""
    names = held.names_in(world.generation)
    headers = {k: _named(v, names) for k, v in answer.headers.items() if k not in NOT_COMPARED}
    return answer.status_code, headers, _named(answer.text, names)


def _named(text: str, names: dict[str, str]) -> str:
    for name, what in names.items():
        text = text.replace(name, what)
    return text


async def _all_tokens(rig: Rig, world: World, held: Sequence[Held], asked: Asked) -> None:
    """Each agency's own things, asked for without proof of being that agency."""
    async with httpx.AsyncClient(base_url=rig.api(), timeout=40, trust_env=False) as client:
        for each in held:
            for kind, headers in (*bad_tokens(rig, each.agency), ("", unknown_agency(rig))):
                for reach in _guarded(world, each):
                    await _unproven(client, reach, each, (kind, headers), asked)


def _guarded(world: World, held: Held) -> Iterator[Reach]:
    """The first example of each endpoint that asks who is calling."""
    for (_, path), reaches in REACHES.items():
        if path not in OPEN:
            yield next(iter(reaches(world, held, held)))


async def _unproven(
    client: httpx.AsyncClient, reach: Reach, held: Held, token: tuple[str, Headers], asked: Asked
) -> None:
    kind, headers = token
    asked.unproven += 1
    answer = await _send(client, reach, headers)
    expected = 401 if kind else 403  # a good token of an agency that nobody knows
    told = any(each in answer.text + str(answer.headers) for each in held.traces)
    if answer.status_code != expected or told:
        what = f"a token that is {kind or 'of an unknown agency'}"
        asked.let_in.append(f"{' '.join(reach.operation)} answers {answer.status_code} to {what}")


async def _own(rig: Rig, world: World, held: Sequence[Held], asked: Asked) -> None:
    """Each agency does get its own; else an interface that answers nobody would pass."""
    for each in held:
        headers = bearer(rig.token(each.agency))
        async with httpx.AsyncClient(base_url=rig.api(), timeout=40, trust_env=False) as client:
            for reaches in REACHES.values():
                for reach in reaches(world, each, each):
                    if reach.own_too:
                        answer = await _send(client, reach, headers)
                        asked.own += answer.status_code == 200 and any(
                            trace in answer.text for trace in each.traces
                        )


async def _send(
    client: httpx.AsyncClient, reach: Reach, headers: Headers | None = None
) -> httpx.Response:
    method, _ = reach.operation
    given = [*reach.headers.items(), *(headers or [])]
    return await ask(client, method, reach.path, content=reach.content, headers=given)


async def _everything(rig: Rig) -> list[str]:
    """A digest of every table."""
    tables = await rig.ask(
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'concordat'::regnamespace ORDER BY relname"
    )
    query = (
        "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM concordat.{} t"
    )
    return [(await rig.ask(query.format(row["relname"])))[0][0] for row in tables]


def _written(rig: Rig, held: Sequence[Held]) -> int:
    """How many records somebody got into an outbox that is not its own."""
    topics = rig.exchange.topics
    return sum(rig.exchange.written(topics.outbox(each.agency)) for each in held)


BAR = Bar("foreign", ("P8",), run, 30, BUGS)
