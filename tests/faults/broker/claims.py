"""What came of each exchange under faults, and what must hold of all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from faults.arrivals import percentile
from faults.broker.tormentor import Fault
from faults.findings import Findings

STALL_P99_SECONDS = 15.0
"""Over every partition and fault of both exchanges; the longest is a figure."""


@dataclass(frozen=True)
class Sizes:
    """What is done to one exchange, and how much is published meanwhile at the least."""

    kills: int
    pauses: int
    per_second: float
    events: int


@dataclass(frozen=True)
class Part:
    """What came of one exchange: on one broker, or on three."""

    faults: list[Fault]
    stalls: list[list[float]]
    """By partition, for each fault; after a pause of the only broker counted from its end."""
    standstills: list[float]
    """Of all partitions at once."""
    silences: list[float]
    """Without an acknowledgement to any publisher."""
    told: int
    findings: Findings


def claim(findings: Findings, parts: Mapping[str, Part], sizes: Sequence[Sizes]) -> None:
    """Claim enough faults and events, nothing lost, and every sentence of each part."""
    every = [fault for part in parts.values() for fault in part.faults]
    stalls = [stall for part in parts.values() for each in part.stalls for stall in each]
    silences = [silence for part in parts.values() for silence in part.silences]
    for name, part in parts.items():
        longest = list(map(max, zip(*part.stalls, strict=True)))
        findings.figures[name] = {
            **part.findings.figures,
            **_seconds("stall", list(chain(*part.stalls))),
            "longest_stalls_s": _by_kind(part.faults, longest),
            **_seconds("standstill_of_all", part.standstills),
            "without_acknowledgement_s": _by_kind(part.faults, part.silences),
        }
        findings.broken += [f"{name}: {sentence}" for sentence in part.findings.broken]
    kills = [fault for fault in every if fault.kind.startswith("kill")]
    leaders = [fault for fault in every if fault.kind.endswith("leader")]
    findings.none(lost=sum(part.findings.figures["lost"] for part in parts.values()))
    findings.least(sum(each.kills for each in sizes), kills=len(kills))
    findings.least(sum(each.pauses for each in sizes), pauses=len(every) - len(kills))
    findings.least(0.9 * len(every), while_publishing=sum(fault.in_flight > 0 for fault in every))
    findings.least(0.9 * len(leaders), leaders_moved=sum(fault.moved for fault in leaders))
    told = sum(part.told for part in parts.values())
    findings.least(sum(each.events for each in sizes), acknowledged=told)
    findings.figures.update(
        **_seconds("stall", stalls),
        **_seconds("without_acknowledgement", silences),
    )


def _by_kind(faults: Sequence[Fault], seconds: Sequence[float]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for fault, each in sorted(zip(faults, seconds, strict=True), key=lambda pair: pair[1]):
        found[fault.kind].append(round(each, 1))
    return found


def _seconds(name: str, values: Sequence[float]) -> dict[str, float]:
    return {
        f"{name}_p50_s": round(percentile(values, 0.5), 2),
        f"{name}_p99_s": round(percentile(values, 0.99), 2),
        f"{name}_longest_s": round(max(values), 2),
    }
