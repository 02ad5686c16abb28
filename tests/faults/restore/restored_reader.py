"""A reader that must never get an item again without being told, and never miss one."""

from dataclasses import dataclass, field

import httpx
import msgspec

from faults.rig import Rig

_RESTORED = "urn:concordat:problem:inbox-restored"


class _Delivery(msgspec.Struct):
    id: str


class _Item(msgspec.Struct):
    seq: int
    delivery: _Delivery
    arrived: str | None = None


class _Page(msgspec.Struct):
    items: list[_Item]
    cursor: str


@dataclass
class RestoredReader:
    """Acknowledges what it reads. With a cursor it begins again when it is told to.

    `silently` are the ids that came again unmarked to a reader that was not told to begin again.
    """

    rig: Rig
    agency: str
    has_cursor: bool = True
    after: str | None = None
    told: int = 0
    read: set[str] = field(default_factory=set)
    silently: list[str] = field(default_factory=list)
    again: int = 0
    _begun_again: bool = False

    async def read_all(self) -> None:
        """Read until there is nothing more."""
        async with self.rig.client(self.agency) as client:
            while True:
                answer = await self._get(client)
                if answer.status_code == 409:
                    assert answer.json()["type"] == _RESTORED
                    self.told += 1
                    self.after, self._begun_again = None, True
                elif answer.status_code == 200:
                    page = msgspec.json.decode(answer.content, type=_Page)
                    if not page.items:
                        self._begun_again = False
                        return
                    await self._take(client, page)
                else:
                    assert answer.status_code == 503, answer.text

    async def ask(self) -> int:
        """The status of the next page; nothing is taken."""
        async with self.rig.client(self.agency) as client:
            status = 503
            while status == 503:
                status = (await self._get(client)).status_code
        return status

    async def _get(self, client: httpx.AsyncClient) -> httpx.Response:
        query = {"limit": "200"} | ({"after": self.after} if self.after else {})
        return await client.get("/v1/inbox", params=query)

    async def _take(self, client: httpx.AsyncClient, page: _Page) -> None:
        for item in page.items:
            if item.delivery.id in self.read:
                self.again += item.arrived is not None
                if item.arrived is None and not self._begun_again:
                    self.silently.append(item.delivery.id)
            self.read.add(item.delivery.id)
        if self.has_cursor:
            self.after = page.cursor
        seqs = [item.seq for item in page.items]
        status = 503
        while status == 503:
            status = (await client.post("/v1/inbox/ack", json={"seqs": seqs})).status_code
        assert status == 200, status
