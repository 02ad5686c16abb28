"""µs per event in the route stage with 10, 1,000 and 10,000 agreements that do not match it.

Domestic abuse incidents of 1 KB, 20 shares that match, 1.6 deliveries an event. The sizes take
turns in one process, so that what else the machine does meets all alike; the peer in the same turns
is `json.loads` and `json.dumps` of the same events. Also: how long the book takes after the
register has changed, until the first event of it is routed. One JSON object on stdout.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from builders import BASIS, NOW
from concordat.agreements.book import Book
from concordat.agreements.document import Agreement
from concordat.agreements.register import Register
from concordat.agreements.rehearsing.assumed import assume_signed
from concordat.kafka.topics import Topics
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat.stages.routed import read_routed
from concordat_events.envelope import CONTENT_TYPE, read_event

SIZES = (10, 1_000, 10_000)
BATCH = 500
INCIDENT = "domestic-abuse.incident-recorded.v1"
CRIME = "community-safety.crime-recorded.v1"
RECIPIENTS = ("social-care", "health", "womens-aid", "probation")
SENT = ["ref", "occurred_at", "grade", "victim.ref", "victim.name", "victim.dob", "child_count"]
# Of five events two deliver to nobody, two to two agencies, one to four: 1.6 on average.
GRADES = [("standard", 0), ("medium", 1), ("high", 0), ("high", 2), ("standard", 0)]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    registers = {size: register_of(size) for size in SIZES}
    books = {size: Book(register) for size, register in registers.items()}
    route = route_stage(Topics(), b"k" * 32)
    records = [_record(n, value) for n, value in enumerate(events())]
    told = [read_routed(each.value) for each in route(records, books[SIZES[0]], NOW)]
    tasks: dict[str, Callable[[], Any]] = {
        str(size): partial(route, records, book, NOW) for size, book in books.items()
    }
    tasks["json"] = lambda: [json.dumps(json.loads(each.value or b"")) for each in records]
    times = _in_turns(tasks, rounds)
    medians = {name: statistics.median(each) / BATCH * 1e6 for name, each in times.items()}
    least = {name: min(each) / BATCH * 1e6 for name, each in times.items()}
    figures = {
        "command": f"python benchmarks/bench_book.py --rounds {rounds}",
        "commit": _commit(),
        "python": sys.version.split()[0],
        "bytes_per_event": round(statistics.mean(len(each.value or b"") for each in records)),
        "matching_shares": _matching(books[SIZES[0]]),
        "deliveries_per_event": sum(len(each.shared) for each in told) / len(told),
        "cpu_us_per_event_median": _rounded(medians),
        "cpu_us_per_event_least": _rounded(least),
        "ratio_to_10": {str(size): _ratio(times[str(size)], times["10"]) for size in SIZES},
        "ratio_to_json": _ratio(times["10"], times["json"]),
        "new_book_ms": {str(size): _new_book(registers[size], records) for size in SIZES},
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _in_turns(tasks: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each task in each round; the order moves on by one from round to round."""
    names = list(tasks)
    times: dict[str, list[float]] = {name: [] for name in names}
    for task in tasks.values():
        task()  # plans and views are made on first use
    for turn in range(rounds):
        for n in range(len(names)):
            name = names[(n + turn) % len(names)]
            started = time.process_time()
            tasks[name]()
            times[name].append(time.process_time() - started)
    return times


def _ratio(times: list[float], to: list[float]) -> float:
    """The median of the ratios within each round: what slows a whole round down cancels out."""
    return round(statistics.median(one / two for one, two in zip(times, to, strict=True)), 3)


def _new_book(register: Register, records: list[Record]) -> float:
    """Milliseconds of CPU from a register that has changed to the first event routed by it."""
    route = route_stage(Topics(), b"k" * 32)
    times = []
    for _ in range(5):
        started = time.process_time()
        route(records[:1], Book(register), NOW)
        times.append(time.process_time() - started)
    return round(statistics.median(times) * 1e3, 1)


def register_of(others: int) -> Register:
    """A register with the agreement that matches, and `others` that do not."""
    documents = [_agreement("matching", "police", INCIDENT, list(_shares()))]
    for n in range(others):
        # Half speak of another type, half of another publisher.
        kind, publisher = ((CRIME, "police"), (INCIDENT, f"force-{n}"))[n % 2]
        send = ["category", "month"] if kind == CRIME else SENT
        shares = [_share(f"share-{m}", RECIPIENTS[m], kind, publisher, send) for m in range(3)]
        documents.append(_agreement(f"other-{n}", publisher, kind, shares))
    return assume_signed(documents)


def _shares() -> Iterator[dict[str, Any]]:
    """Twenty shares, five for each recipient; of most, no event meets the condition."""
    held: dict[str, list[dict[str, Any]]] = {
        "social-care": [{"field": "child_count", "at_least": 1}],
        "health": [{"field": "grade", "is": "high"}, {"field": "child_count", "at_least": 2}],
        "womens-aid": [{"field": "grade", "in": ["high", "medium"]}],
        "probation": [{"field": "grade", "is": "high"}],
    }
    for recipient, when in held.items():
        yield _share(f"{recipient}-held", recipient, INCIDENT, "police", SENT, when)
        for n in range(4):
            never = [{"field": "relationship", "is": f"kind-{n}"}]
            yield _share(f"{recipient}-{n}", recipient, INCIDENT, "police", SENT, never)


def _share(
    share_id: str,
    recipient: str,
    kind: str,
    publisher: str,
    send: list[str],
    when: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    return {
        "id": share_id,
        "from": [publisher],
        "to": [recipient],
        "event": kind,
        "when": when or [],
        "send": send,
        "law": "protect",
        "because": "A benchmark needs it.",
    }


def _agreement(
    agreement_id: str, publisher: str, kind: str, shares: list[dict[str, Any]]
) -> Agreement:
    content = {
        "schema": "concordat/agreement/v1",
        "id": agreement_id,
        "version": 1,
        "service_line": kind.partition(".")[0],
        "title": "An agreement of a benchmark",
        "purpose": "Protect adults and children at risk.",
        "effective": {"from": "2026-01-01", "until": "2028-12-31"},
        "review_by": "2027-12-31",
        "dpia": {"ref": "DPIA-1", "approved": "2025-11-30"},
        "operator": "council",
        "parties": {
            name: {"acts_as": "controller", "keep_days": 365} for name in (publisher, *RECIPIENTS)
        },
        "laws": {
            "protect": {"gateway": "ca2004-s11", "publisher_basis": BASIS, "recipient_basis": BASIS}
        },
        "shares": shares,
    }
    return Agreement.model_validate_json(json.dumps(content))


def events() -> Iterator[bytes]:
    """A batch of admitted incidents of about 1 KB; the people in them are invented."""
    for n in range(BATCH):
        grade, children = GRADES[n % len(GRADES)]
        event = {
            "specversion": "1.0",
            "id": f"incident-{n:08d}",
            "source": "//police",
            "type": INCIDENT,
            "time": "2026-01-05T10:00:00Z",
            "subject": f"case-{n:08d}",
            "synthetic": True,
            "data": {
                "ref": f"incident-{n:08d}",
                "occurred_at": "2026-01-04T22:15:00Z",
                "grade": grade,
                "relationship": "ex-partner",
                "child_count": children,
                "victim": {"ref": f"person-{n:08d}", "name": "Vera Invented", "dob": "1990-02-28"},
                "alleged_perpetrator": {"ref": f"person-1{n:07d}", "name": "Paul Invented"},
                "children": [{"ref": f"child-{m:04d}", "name": "Cy"} for m in range(children)],
                "narrative": "Invented. " + "Neighbours heard shouting and called. " * 10,
            },
        }
        value = json.dumps(event).encode()
        read_event(value)  # it is one that admit would let through
        yield value


def _record(offset: int, value: bytes) -> Record:
    return Record("incidents", 0, offset, b"case", value, CONTENT_TYPE)


def _matching(book: Book) -> int:
    plan = book.plan(INCIDENT, "police", NOW.date())
    groups = [group for each in (plan.candidates if plan else ()) for group in each.groups]
    return sum(len(group.clauses) for group in groups)


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(figure, 2) for name, figure in figures.items()}


def _commit() -> str:
    return subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True).strip()  # noqa: S607


if __name__ == "__main__":
    main()
