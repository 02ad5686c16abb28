"""Many small agreements on a rig's register, each to be revoked once, and crimes under them."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec

from builders import Exchange
from concordat.agreements.document import Agreement
from exchange_on_kafka import event
from faults.rig import Rig
from faults.sending import Letter, Sender
from revocation.contracts import CONTROLLERS, PUBLISHER, Revoked, content_of

_TICK_SECONDS = 0.02
_CASES = 97


def register_of(revoked: list[Revoked]) -> Exchange:
    """A register on which every agreement is in force."""
    register = Exchange({controller: [agency] for agency, controller in CONTROLLERS.items()})
    for each in revoked:
        content: dict[str, Any] = content_of(each) | {"operator": "council"}
        agreement = Agreement.model_validate_json(msgspec.json.encode(content))
        register.add(agreement, signed_by=[CONTROLLERS[PUBLISHER], CONTROLLERS[each.recipient]])
    assert not register.keeper.register.refused, "the register refuses what this bar is about"
    return register


@dataclass
class Crimes:
    """Crimes in the districts that are in play; `published` counts them all."""

    rig: Rig
    per_second: int
    districts: list[str] = field(default_factory=list)
    published: int = 0

    def __post_init__(self) -> None:
        self._sender = Sender[None](self.rig.exchange.kafka, "crimes")

    async def publish(self, each: int) -> None:
        """Publish so many in each district, and wait for the broker."""
        count = each * len(self.districts)
        await self._sender.send_all([(self._next(), None) for _ in range(count)])

    async def run(self) -> None:
        """Keep to the rate until cancelled."""
        clock = asyncio.get_running_loop().time
        began, before = clock(), self.published
        while True:
            due = int((clock() - began) * self.per_second) - (self.published - before)
            for _ in range(due):
                self._sender.send(self._next(), None)
            await asyncio.sleep(_TICK_SECONDS)

    def _next(self) -> Letter:
        number, district = self.published, self.districts[self.published % len(self.districts)]
        self.published += 1
        data = {"category": "drugs", "month": "2025-12", "district": district}
        value = event(number, PUBLISHER, _CASES, data=data)
        case = f"case-{number % _CASES:08d}".encode()
        return Letter(self.rig.exchange.topics.outbox(PUBLISHER), case, value)
