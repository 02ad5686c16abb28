"""What the log of decisions says: when each agreement last shared anything, and how often."""

from dataclasses import dataclass, field
from datetime import datetime

from concordat.kafka.topics import Topics
from concordat.stages.routed import read_routed
from kafka_log import read_to_end


@dataclass
class Decisions:
    """By agreement: when it last shared (decided, written; seconds since 1970), and how often."""

    decided: dict[str, float] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    events: int = 0


def read_decisions(kafka: str) -> Decisions:
    """Read every decision there is."""
    found = Decisions()
    for each in read_to_end(kafka, Topics().routed):
        routed = read_routed(each.value)
        found.events += 1
        decided = datetime.fromisoformat(routed.decided_at).timestamp()
        for shared in routed.shared:
            agreement = shared.agreement
            found.decided[agreement] = max(decided, found.decided.get(agreement, 0.0))
            written = max(each.written_at / 1000, found.written.get(agreement, 0.0))
            found.written[agreement] = written
            found.shared[agreement] = found.shared.get(agreement, 0) + 1
    return found
