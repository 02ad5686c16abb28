"""`contracts/topics.yaml`: every topic, with its owner, its settings and why it exists."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from concordat.agreements.document import Agreement

AGENCY = "<agency>"
DIRECT = "<direct>"


class TopicEntry(BaseModel):
    """One entry; `<agency>` in the name stands for every registered agency.

    `<direct>` stands for every agency that an agreement names `direct`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.(<agency>|<direct>|[a-z0-9-]+))*$")]
    owner: str
    writer: str
    readers: Annotated[list[str], Field(min_length=1)]
    key: str
    partitions: Annotated[int, Field(ge=1, le=1000)]
    replication: Annotated[int, Field(ge=1)] = 1
    retention: str
    config: dict[str, str]
    why: str


class TopicsFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topics: list[TopicEntry]


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """One topic as it must be on the broker."""

    name: str
    partitions: int
    replication: int
    config: dict[str, str]


def read_topics_file(path: Path) -> TopicsFile:
    """Read and check the file; raises pydantic's `ValidationError` with every fault."""
    return TopicsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def direct_agencies(agreements: Iterable[Agreement]) -> set[str]:
    """Return the agencies that any of `agreements` names `direct`, signed or not."""
    return {
        agency
        for agreement in agreements
        for agency, party in agreement.parties.items()
        if party.direct
    }


def topic_plans(
    file: TopicsFile, agencies: Iterable[str], prefix: str = "", *, direct: Iterable[str] = ()
) -> list[TopicPlan]:
    """Return every topic that must exist for these agencies, of which some are `direct`."""
    named = {AGENCY: sorted(agencies), DIRECT: sorted(direct)}
    return [
        TopicPlan(prefix + name, entry.partitions, entry.replication, entry.config)
        for entry in file.topics
        for name in _names(entry.name, named)
    ]


def _names(name: str, named: Mapping[str, list[str]]) -> Iterator[str]:
    for placeholder, agencies in named.items():
        if placeholder in name:
            yield from (name.replace(placeholder, agency) for agency in agencies)
            return
    yield name
