"""What an inbox is, in the plainest words: numbers that lead to items, or to where they went.

A state is the count of notices so far.
"""

from dataclasses import dataclass, field


@dataclass
class Item:
    """One event's copy under its number of now; `decided` is the state that it was placed in."""

    event: str
    decided: int
    arrived: str | None = None
    collected: bool = False
    acknowledged: bool = False
    put_away: bool = False


@dataclass
class Stub:
    """A number that an event's item has left."""

    event: str
    acknowledged: bool


@dataclass
class InboxModel:
    """One agency's inbox; `last_stop` is the newest state in which nothing could be read."""

    numbers: dict[int, Item | Stub] = field(default_factory=dict)
    suspended: bool = False
    last_stop: int = -1

    def deliver(self, event: str, state: int) -> None:
        """An event comes once, at the end."""
        if event not in [each.event for each in self.numbers.values()]:
            self.numbers[len(self.numbers) + 1] = Item(event, state)

    def where(self, event: str) -> int:
        """The number of an event's item now."""
        items = {e.event: n for n, e in self.numbers.items() if isinstance(e, Item)}
        return items[event]

    def read(self, after: int, limit: int) -> list[tuple[int, str | None, str | int | None]]:
        """Number, event and arrival of the next open items; of what may not be read, its place."""
        open_ = [number for number, each in self.numbers.items() if not each.acknowledged]
        return [self._given(number) for number in [n for n in open_ if n > after][:limit]]

    def _given(self, number: int) -> tuple[int, str | None, str | int | None]:
        entry = self.numbers[number]
        if isinstance(entry, Stub):
            return number, None, self.where(entry.event)
        entry.collected |= not self.suspended
        return (number, None, None) if self.suspended else (number, entry.event, entry.arrived)

    def acknowledge(self, numbers: set[int]) -> bool:
        """All or none; whoever has an item has no use for the numbers that it left."""
        if not numbers <= self.numbers.keys():
            return False
        events = {e.event for n in numbers if isinstance(e := self.numbers[n], Item)}
        for number, each in self.numbers.items():
            if isinstance(each, Item) and number in numbers and not each.acknowledged:
                each.put_away = self.suspended or not each.collected
            left = isinstance(each, Stub) and each.event in events
            each.acknowledged |= number in numbers or left
        return True

    def release(self, state: int) -> None:
        """What was held comes again at the end, in its order, unless somebody has it."""
        for number, each in list(self.numbers.items()):
            if isinstance(each, Stub) or self.suspended or each.decided >= self.last_stop:
                continue
            if each.put_away or not each.acknowledged:
                self.numbers[number] = Stub(each.event, each.acknowledged)
                again = Item(each.event, state, "released", each.collected)
                self.numbers[len(self.numbers) + 1] = again
