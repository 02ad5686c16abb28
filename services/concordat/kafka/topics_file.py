"""`contracts/topics.yaml`: every topic, with its owner, its settings and why it exists."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

AGENCY = "<agency>"


class TopicEntry(BaseModel):
    """One entry; `<agency>` in the name stands for every registered agency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.(<agency>|[a-z0-9-]+))*$")]
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


def topic_plans(file: TopicsFile, agencies: Iterable[str], prefix: str = "") -> list[TopicPlan]:
    """Return every topic that must exist for these agencies."""
    names = sorted(agencies)
    return [
        TopicPlan(prefix + name, entry.partitions, entry.replication, entry.config)
        for entry in file.topics
        for name in _names(entry, names)
    ]


def _names(entry: TopicEntry, agencies: list[str]) -> Iterator[str]:
    if AGENCY in entry.name:
        yield from (entry.name.replace(AGENCY, agency) for agency in agencies)
    else:
        yield entry.name
