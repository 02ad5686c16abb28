"""Agreements that are withdrawn one by one, and a reader that must not be given their items."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from builders import Exchange, agreement_of, crime, share_of
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.runtime.clock import system_clock
from exchange_on_kafka import event, signed_register
from faults.rig import Rig
from revocation.readers import read_page
from signed_notices import record_of

PUBLISHER, RECIPIENT = "police", "adult-care"
_PAGE = 500
_TURN_SECONDS = 0.05


def passing(number: int) -> Agreement:
    """One that lets the police tell adult care of the crimes in one district."""
    when = [{"field": "district", "is": _district(number)}]
    share = share_of(id="crimes-of-a-district", to=[RECIPIENT], when=when)
    return agreement_of(
        id=f"passing-{number:02d}",
        effective={"from": "2026-01-01", "until": "2999-12-31"},
        parties={
            PUBLISHER: {"acts_as": "controller"},
            RECIPIENT: {"acts_as": "controller", "keep_days": 30},
        },
        shares=[share],
    )


def register_with(count: int) -> Exchange:
    """A register with so many of them, beside the agreement that stays."""
    register = signed_register()
    for number in range(count):
        register.add(passing(number), ["police-authority", "council"])
    return register


@dataclass(frozen=True)
class DistrictCrimes:
    """Writes a load's events so that each of the districts has its share of them."""

    districts: int

    def __call__(self, number: int, publisher: str, cases: int) -> bytes:
        data = crime(district=_district(number % self.districts))["data"]
        return event(number, publisher, cases, data=data)


def _district(number: int) -> str:
    return f"District {number:02d}"


@dataclass
class Sweeper:
    """One agency that reads its inbox from the beginning, again and again."""

    rig: Rig
    agency: str
    items: Counter[str] = field(default_factory=Counter)
    """By agreement, how many items were returned under it."""
    last: dict[str, float] = field(default_factory=dict)
    """By agreement, when the last question was asked whose answer returned one."""
    sweeps: int = 0

    async def run(self) -> None:
        """Read until cancelled."""
        async with self.rig.client(self.agency) as client:
            while True:
                await self._sweep(client)
                self.sweeps += 1

    async def _sweep(self, client: httpx.AsyncClient) -> None:
        after: str | None = None
        while True:
            query = {"limit": _PAGE, "all": True} | ({"after": after} if after else {})
            asked = time.monotonic()
            answer = await client.get("/v1/inbox", params=query)
            await asyncio.sleep(_TURN_SECONDS)
            if answer.status_code != httpx.codes.OK:
                continue
            page = read_page(answer.content)
            for item in page.items:
                self.items[item.delivery.agreement] += 1
                self.last[item.delivery.agreement] = asked
            if page.cursor == after:
                return
            after = page.cursor


async def withdraw(rig: Rig, agreement: Agreement) -> datetime:
    """Withdraw it by a notice to the API; return when the register says it was."""
    notice = Notice.model_validate(
        {
            "schema": "concordat/notice/v1",
            "agreement": agreement.id,
            "version": agreement.version,
            "action": "withdraw",
            "controller": "police-authority",
            "at": system_clock(),
            "reason": "A test asks for it.",
        }
    )
    _, body = record_of(notice, rig.exchange.register)
    async with rig.client(PUBLISHER) as client:
        while True:
            answer = await client.post(
                "/v1/notices", content=body, headers={"Content-Type": "application/json"}
            )
            if answer.status_code == httpx.codes.CREATED:
                return datetime.fromisoformat(answer.json()["recorded_at"])
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            await asyncio.sleep(_TURN_SECONDS)
