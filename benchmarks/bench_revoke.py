"""How soon a notice bites: seconds from its acknowledged write until nothing goes out under it.

On the embedded stack at 500 events/s, each delivered once, with two readers an inbox: one follows,
one reads again what came lately. Some 200 agreements are suspended or withdrawn one after another
by either side, through POST /v1/notices; half with deliver running, half with deliver stopped
(SIGSTOP). Counted from the broker's own time of the notice (milliseconds):

  decided    to the last delivery decided under it (`decided_at`)
  written    to the last such decision in the log
  returned   to the arrival of the last HTTP 200 that returned an item under it

0 where there was none afterwards. One JSON object on stdout; SIZE=smoke for a short run. Exit code
1 when a revocation was not seen at work, or anything can still be read at the end.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter

from concordat.agreements.notice import Notice
from concordat.agreements.signature import sign
from concordat.inbox.tokens import issue_token
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import Settings
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.embedded import forget
from concordat.stack.exchange import Exchange, ExchangeOptions, open_exchange
from concordat.stack.state_directory import StateDirectory
from concordat_events.publisher import Publisher
from e2e.in_process import ANYWHERE, Witness, settled
from revocation.contracts import (
    CONTROLLERS,
    PUBLISHER,
    RECIPIENTS,
    Revoked,
    agreements_of,
    write_contracts,
)
from revocation.decisions import Decisions, read_decisions
from revocation.readers import Recipient, Seen
from revocation.traffic import Traffic

RATE = 500
REVOCATIONS = {"full": 220, "smoke": 20}
AIM_MS = 1000
EVERY_SECONDS = 0.4
AFTERWARDS_SECONDS = 2.5  # traffic goes on for a district whose agreement was revoked
AHEAD = 5  # so many agreements are in play before their turn comes
PREPARED = 8  # items under each agreement, from before deliver is stopped
_DIGITS = TypeAdapter(datetime)
"""Reads an RFC 3339 instant."""


@dataclass
class Written:
    """A notice on the register: by the broker's clock, and when its sender was told (seconds)."""

    recorded_at: float
    acknowledged_at: float
    sent_at: float


@dataclass
class Run:
    """What one run has in common."""

    exchange: Exchange
    keys: DevelopmentKeys
    draw: random.Random
    publisher: Publisher
    recipients: dict[str, Recipient]
    seen: Seen
    traffic: Traffic = field(default_factory=lambda: Traffic(RATE))
    written: dict[str, Written] = field(default_factory=dict)
    refused: int = 0
    loaded_seconds: float = 0.0

    async def revoke_all(self, revoked: Sequence[Revoked]) -> None:
        """Under full traffic, revoke one after another."""
        in_play = [each.district for each in revoked]
        lasting = int(AFTERWARDS_SECONDS / EVERY_SECONDS) + 1
        self.traffic.districts = in_play[:AHEAD]
        began, before = time.monotonic(), self.traffic.published
        async with _running(self.traffic.run(self.publisher)):
            await asyncio.sleep(2)
            for number, each in enumerate(revoked):
                window = in_play[max(0, number - lasting) : number + AHEAD]
                self.traffic.districts = window
                turn = time.monotonic()
                while not self.seen.items.get(each.agreement):  # nothing read, nothing to revoke
                    assert time.monotonic() < turn + 30, f"nothing arrives under {each.agreement}"
                    await asyncio.sleep(0.05)
                await self._revoke(each)
                await asyncio.sleep(max(0.0, turn + EVERY_SECONDS - time.monotonic()))
            await asyncio.sleep(AFTERWARDS_SECONDS)
        assert self.traffic.published > before
        self.loaded_seconds += time.monotonic() - began

    async def prepare(self, revoked: Sequence[Revoked]) -> None:
        """Give every inbox some items under each agreement, and read them again from now on."""
        for recipient in self.recipients.values():
            recipient.fix()
        self.traffic.districts = [each.district for each in revoked]
        for _ in range(PREPARED):
            await self.traffic.publish(self.publisher, len(revoked))
            await asyncio.sleep(len(revoked) / RATE)
        await self.publisher.flush()
        await settled(self.exchange)
        await asyncio.sleep(1)

    async def _revoke(self, revoked: Revoked) -> None:
        speaker = self.draw.choice([PUBLISHER, revoked.recipient])
        notice = Notice.model_validate(
            {
                "schema": "concordat/notice/v1",
                "agreement": revoked.agreement,
                "version": 1,
                "action": self.draw.choice(["suspend", "withdraw"]),
                "controller": CONTROLLERS[speaker],
                "at": system_clock(),
                "reason": "A benchmark asks for it.",
            }
        )
        signature = sign(notice.canonical(), self.keys.controller(notice.controller))
        body = {"notice": json.loads(notice.canonical()), "signature": signature}
        sent_at = time.time()
        async with _client(self.exchange, self.keys, speaker) as client:
            while True:
                answer = await client.post("/v1/notices", json=body)
                if answer.status_code == httpx.codes.CREATED:
                    break
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
                self.refused += 1
        recorded_at = _DIGITS.validate_python(answer.json()["recorded_at"]).timestamp()
        self.written[revoked.agreement] = Written(recorded_at, time.time(), sent_at)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    size = os.environ.get("SIZE", "full")  # noqa: TID251 - how make targets are told the size
    parser.add_argument("--size", choices=sorted(REVOCATIONS), default=size)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    figures = asyncio.run(_measure(asked.size, asked.seed))
    sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if figures["not_seen_at_work"] or figures["still_readable_at_the_end"] else 0


async def _measure(size: str, seed: int) -> dict[str, Any]:
    half = REVOCATIONS[size] // 2
    running, stopped = agreements_of(half, "running"), agreements_of(half, "stopped")
    with tempfile.TemporaryDirectory(prefix="concordat-bench-") as name:
        write_contracts(Path(name) / "contracts", [*running, *stopped])
        async with (
            _exchange_on(Path(name)) as (exchange, state),
            _run(exchange, state, seed) as run,
        ):
            await run.revoke_all(running)
            await run.prepare(stopped)
            deliver = exchange.stack.pids["deliver"]
            os.kill(deliver, signal.SIGSTOP)
            try:
                await run.revoke_all(stopped)
            finally:
                os.kill(deliver, signal.SIGCONT)
            await settled(exchange)
            left = [await each.read_all() for each in run.recipients.values()]
            decisions = await asyncio.to_thread(read_decisions, exchange.stack.kafka)
        return _figures(size, seed, run, decisions, sum(left), (running, stopped))


@asynccontextmanager
async def _exchange_on(folder: Path) -> AsyncIterator[tuple[Exchange, StateDirectory]]:
    """Run an exchange with the contracts in `folder`, and forget it afterwards."""
    state, witness = StateDirectory(folder / "state"), Witness()
    options = ExchangeOptions(contracts=folder / "contracts", ports=ANYWHERE)
    try:
        async with open_exchange(state, witness, options) as exchange:
            yield exchange, state
    finally:
        await asyncio.to_thread(forget, state, witness.report)


@asynccontextmanager
async def _run(exchange: Exchange, state: StateDirectory, seed: int) -> AsyncIterator[Run]:
    """Recipients that read, and a publisher."""
    keys, seen = DevelopmentKeys(state), Seen()
    draw = random.Random(seed)  # noqa: S311 - whose notice, and which
    async with AsyncExitStack() as opened:
        publisher = await opened.enter_async_context(Publisher(exchange.stack.kafka, PUBLISHER))
        recipients = {}
        for agency in RECIPIENTS:
            client = await opened.enter_async_context(_client(exchange, keys, agency))
            recipients[agency] = Recipient(client, seen)
        for each in recipients.values():
            await opened.enter_async_context(_running(each.follow()))
            await opened.enter_async_context(_running(each.read_again()))
        yield Run(exchange, keys, draw, publisher, recipients, seen)


@asynccontextmanager
async def _running(work: Any) -> AsyncIterator[None]:
    """Run `work` inside the block; raises what ended it early."""
    task = asyncio.create_task(work)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])


def _client(exchange: Exchange, keys: DevelopmentKeys, agency: str) -> httpx.AsyncClient:
    settings = Settings()
    token = issue_token(
        agency,
        keys.token_issuer(),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        now=system_clock(),
    )
    return httpx.AsyncClient(
        base_url=str(exchange.stack.api),
        headers={"Authorization": f"Bearer {token}"},
        timeout=40,
        trust_env=False,
    )


def _figures(
    size: str,
    seed: int,
    run: Run,
    decisions: Decisions,
    left: int,
    phases: tuple[list[Revoked], list[Revoked]],
) -> dict[str, Any]:
    at_work = [_at_work(run, decisions, each) for phase in phases for each in phase]
    measured = [_phase(run, decisions, [each.agreement for each in phase]) for phase in phases]
    return {
        "command": f"python benchmarks/bench_revoke.py --size {size} --seed {seed}",
        "commit": _commit(),
        "python": sys.version.split()[0],
        "seed": seed,
        "revocations": len(run.written),
        "events_per_second": round(run.traffic.published / run.loaded_seconds),
        "aim_p99_ms": AIM_MS,
        "deliver_running_ms": measured[0],
        "deliver_stopped_ms": measured[1],
        "not_seen_at_work": at_work.count(False),
        "still_readable_at_the_end": left,
        "answers": dict(sorted(run.seen.answers.items())),
        "answers_per_inbox_and_second": round(
            sum(run.seen.answers.values()) / len(RECIPIENTS) / run.loaded_seconds, 1
        ),
        "items_returned": sum(run.seen.items.values()),
        "notices_sent_again": run.refused,
        "events_decided": decisions.events,
    }


def _at_work(run: Run, decisions: Decisions, revoked: Revoked) -> bool:
    """Whether it shared, was read, and its events still came when that should long have ended."""
    agreement = revoked.agreement
    shared = decisions.shared.get(agreement, 0) > 0 and run.seen.items.get(agreement, 0) > 0
    ended = run.written[agreement].recorded_at + AIM_MS / 1000
    return shared and run.traffic.last[revoked.district] > ended


def _phase(run: Run, decisions: Decisions, agreements: list[str]) -> dict[str, Any]:
    def after(last: dict[str, float]) -> dict[str, int]:
        times = [(last.get(each, 0.0) - run.written[each].recorded_at) for each in agreements]
        return _spread([max(0.0, seconds) for seconds in times])

    told = [run.written[each] for each in agreements]
    return {
        "decided": after(decisions.decided),
        "written": after(decisions.written),
        "returned": after(run.seen.last),
        "post": _spread([each.acknowledged_at - each.sent_at for each in told]),
    }


def _spread(seconds: list[float]) -> dict[str, int]:
    """p50, p99 (nearest rank) and the most, in milliseconds."""
    ranked = sorted(seconds)
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {
        name: round(ranked[max(0, -int(-share * len(ranked) // 1) - 1)] * 1000)
        for name, share in ranks.items()
    }


def _commit() -> str:
    return subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True).strip()  # noqa: S607


if __name__ == "__main__":
    sys.exit(main())
