"""What every entry of topics.yaml must say, checked on the plain text."""

import re
from typing import Any

KEYS = (
    *("name", "owner", "writer", "readers", "key", "partitions"),
    *("replication", "retention", "config", "why"),
)
_NAME = re.compile(r"[a-z0-9-]+(\.([a-z0-9-]+|<agency>|<direct>))*")
_DAYS = re.compile(r"([1-9][0-9]*) days")
_MS_A_DAY = 86_400_000


def entry_faults(entry: dict[str, Any]) -> list[str]:
    """What is wrong with one entry; empty when nothing is."""
    faults = [f"{key} is missing or empty" for key in KEYS if not entry.get(key)]
    if faults:
        return faults
    config = entry["config"]
    if not _NAME.fullmatch(entry["name"]):
        faults.append("the name has other characters than dots and hyphens")
    if config.get("retention.ms") != retention_ms(entry["retention"]):
        faults.append("retention and retention.ms differ")
    if config.get("message.timestamp.type") != "LogAppendTime":
        faults.append("a writer could date its own records")
    if not all(isinstance(value, str) for value in config.values()):
        faults.append("a setting is not text")
    if not entry["why"].endswith("."):
        faults.append("why is not a sentence")
    return faults


def retention_ms(retention: str) -> str | None:
    """The broker's setting for a retention in words, None for words nobody knows."""
    if retention == "for ever":
        return "-1"
    found = _DAYS.fullmatch(retention)
    return str(int(found[1]) * _MS_A_DAY) if found else None
