"""Notices of the controllers of a rig, posted as their agencies post them."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
from pydantic import TypeAdapter

from concordat.agreements.notice import Notice
from concordat.agreements.signature import sign
from concordat.runtime.clock import system_clock
from concordat_events.fields import Instant
from faults.rig import Rig
from revocation.contracts import CONTROLLERS

_INSTANT: TypeAdapter[Instant] = TypeAdapter(Instant)
_ATTEMPTS_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A notice on the register: what it is known by, and when the broker recorded it (seconds)."""

    action: str
    digest: str
    at: float


@dataclass
class Notary:
    """Signs and posts; `answers` counts what the API said."""

    rig: Rig
    answers: Counter[int] = field(default_factory=Counter)

    async def post(
        self, agreement: str, speaker: str, action: str, resumes: str | None = None
    ) -> Recorded:
        """Post a notice of the controller behind `speaker`, again while the API answers 503."""
        notice = Notice.model_validate(
            {
                "schema": "concordat/notice/v1",
                "agreement": agreement,
                "version": 1,
                "action": action,
                "controller": CONTROLLERS[speaker],
                "at": system_clock(),
                "reason": "A fault test asks for it.",
                **({"resumes": resumes} if resumes else {}),
            }
        )
        signature = sign(notice.canonical(), self.rig.exchange.register.keys[notice.controller])
        body = {"notice": json.loads(notice.canonical()), "signature": signature}
        answer = await self._posted(speaker, body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        told = answer.json()
        at = _INSTANT.validate_python(told["recorded_at"]).timestamp()
        return Recorded(action, told["digest"], at)

    async def _posted(self, speaker: str, body: dict[str, object]) -> httpx.Response:
        deadline = time.monotonic() + _ATTEMPTS_SECONDS
        async with self.rig.client(speaker) as client:
            while True:
                answer = await client.post("/v1/notices", json=body)
                self.answers[answer.status_code] += 1
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer
                assert time.monotonic() < deadline, "no notice is taken"
                await asyncio.sleep(0.05)
