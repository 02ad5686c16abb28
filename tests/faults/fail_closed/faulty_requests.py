"""The API's other answers with one wait raising: what is answered is so, and nothing is lost.

Whatever is not answered as it should be is asked for again, as its caller would.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import httpx

from concordat.inbox.dependencies import MAX_BOOK_AGE_SECONDS
from concordat_events.envelope import MEDIA_TYPE
from faults.fail_closed.faulty_inbox import RECIPIENT, FaultyInbox
from faults.fail_closed.faulty_stages import Published
from faults.fail_closed.interrupted import Interruption
from faults.fail_closed.written_register import WrittenRegister

PUBLISHER = "police"
REQUESTS = ("acknowledge", "status", "explanation", "publish", "notice")
_ANSWERED_SECONDS = 60.0
Places = Callable[[int], Iterable[Interruption]]
Ask = Callable[[Interruption | None], Awaitable[httpx.Response]]
_UNACKNOWLEDGED = """
SELECT seq FROM concordat.delivery
WHERE agency = $1 AND acknowledged_at IS NULL AND collected_at IS NOT NULL
ORDER BY seq DESC LIMIT 1
"""
_ACKNOWLEDGED = """
SELECT seq, true AS here FROM concordat.delivery
WHERE agency = $1 AND acknowledged_at IS NOT NULL
UNION ALL SELECT seq, false FROM concordat.stub
WHERE agency = $1 AND acknowledged_at IS NOT NULL
"""
_DECIDED = "SELECT id FROM concordat.event WHERE publisher = $1 ORDER BY id DESC LIMIT 1"


@dataclass
class FaultyRequests:
    """Requests that change or explain something; `places` says where to raise in so many waits."""

    inbox: FaultyInbox
    register: WrittenRegister
    published: Published
    places: Places
    asked: set[int] = field(default_factory=set)
    acknowledged: set[int] = field(default_factory=set)

    async def all(self) -> None:
        """Acknowledge, explain, publish, send notices; deliver must be running."""
        await self._everywhere("acknowledge", self._acknowledge)
        [decided] = await self.inbox.rig.ask(_DECIDED, PUBLISHER)
        for path in (f"/v1/events/{decided['id']}", f"/v1/events/{decided['id']}/explanation"):
            await self._explain(path)
        await self._everywhere("publish", self._publish)
        await self._everywhere("notice", self._send_notice)

    async def _everywhere(
        self, name: str, act: Callable[[str, Interruption], Awaitable[None]]
    ) -> None:
        counting = Interruption()
        await act(name, counting)
        for interruption in self.places(counting.waits):
            await act(name, interruption)

    async def _insist(
        self, name: str, interruption: Interruption, ask: Ask, due: int
    ) -> httpx.Response:
        """Ask, and again without a fault when that was not answered as is due."""
        answer = await ask(interruption)
        where = self.inbox.note(name, interruption, answer) if interruption.fired else name
        if answer.status_code != due:
            if not interruption.fired:
                self.inbox.wrong.append(f"{where}: {answer.status_code} without a fault")
            answer = await ask(None)
            if answer.status_code != due:
                self.inbox.wrong.append(f"{where}: then {answer.status_code}")
        return answer

    # -- acknowledge ---------------------------------------------------------------------------

    async def _acknowledge(self, name: str, interruption: Interruption) -> None:
        await self._until_nothing_is_a_stub()
        [row] = await self.inbox.rig.ask(_UNACKNOWLEDGED, RECIPIENT)
        number = row["seq"]

        async def ask(interruption: Interruption | None) -> httpx.Response:
            content = b'{"seqs": [%d]}' % number
            return await self.inbox.ask("/v1/inbox/ack", interruption, content=content)

        await self._insist(name, interruption, ask, httpx.codes.OK)
        self.asked.add(number)
        await self._claim_acknowledged(name)

    async def _until_nothing_is_a_stub(self) -> None:
        """Wait for a fresh book and read a page: what is acknowledged unread comes again."""
        await self.inbox.until_readable()
        async with asyncio.timeout(_ANSWERED_SECONDS):
            while self.inbox.dependencies.feed.age() > MAX_BOOK_AGE_SECONDS / 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _claim_acknowledged(self, name: str) -> None:
        """All that was asked for, and nothing else; a number that its item left meanwhile too."""
        rows = await self.inbox.rig.ask(_ACKNOWLEDGED, RECIPIENT)
        self.acknowledged = {row["seq"] for row in rows if row["here"]}
        missing = self.asked - {row["seq"] for row in rows}
        beyond = self.acknowledged - self.asked
        if missing or beyond:
            said = f"{len(missing)} are not stored, {len(beyond)} were not asked for"
            self.inbox.wrong.append(f"{name}: {said}")

    # -- explain -------------------------------------------------------------------------------

    async def _explain(self, path: str) -> None:
        """An answer of 200 is the whole one."""
        counting = Interruption()
        whole = _told(await self.inbox.ask(path, counting, agency=PUBLISHER))
        name = path.rpartition("/")[2] if path.endswith("explanation") else "status"
        if not whole:
            self.inbox.wrong.append(f"{name} is not answered")
        for interruption in self.places(counting.waits):
            answer = await self.inbox.ask(path, interruption, agency=PUBLISHER)
            if not interruption.fired:
                continue
            where = self.inbox.note(name, interruption, answer)
            if answer.status_code not in (200, 500, 503):
                self.inbox.wrong.append(f"{where}: {answer.status_code}")
            if answer.is_success and _told(answer) != whole:
                self.inbox.wrong.append(f"{where}: another answer")

    # -- publish -------------------------------------------------------------------------------

    async def _publish(self, name: str, interruption: Interruption) -> None:
        """What was published is claimed to be delivered, once, with all the rest."""
        _, content = self.published.write_next()

        async def ask(interruption: Interruption | None) -> httpx.Response:
            given = {"agency": PUBLISHER, "media_type": MEDIA_TYPE}
            return await self.inbox.ask("/v1/events", interruption, content=content, **given)

        await self._insist(name, interruption, ask, httpx.codes.ACCEPTED)

    # -- notices -------------------------------------------------------------------------------

    async def _send_notice(self, name: str, interruption: Interruption) -> None:
        """Once it is answered, nothing is served under it, and it stands in the register."""
        await self.inbox.until_readable()
        key, content = self.register.sign_suspension()

        async def ask(interruption: Interruption | None) -> httpx.Response:
            return await self.inbox.ask(
                "/v1/notices", interruption, agency=PUBLISHER, content=content
            )

        await self._insist(name, interruption, ask, httpx.codes.CREATED)
        where = f"{name} {interruption.when} wait {interruption.nth}"
        async with asyncio.timeout(_ANSWERED_SECONDS):
            answer = await self.inbox.answered(self.inbox.page)
        if b'"delivery"' in answer.content:
            self.inbox.wrong.append(f"{where}: an item was served after it was answered")
        await asyncio.to_thread(self.register.read_again)
        if key not in {entry[0] for entry in self.register.entries if entry}:
            self.inbox.wrong.append(f"{where}: answered and not in the register")
        await asyncio.to_thread(self.register.resume)


def _told(answer: httpx.Response) -> dict[str, object]:
    """What is told of an event, but for when it was asked."""
    if not answer.is_success:
        return {}
    return {name: value for name, value in answer.json().items() if name != "at"}
