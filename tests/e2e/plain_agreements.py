"""The agreements as anybody can read them: YAML and nothing of ours."""

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from concordat.runtime.settings import CONTRACTS

Plain = dict[str, Any]


@cache
def agreements() -> list[Plain]:
    """Every agreement of the demonstration."""
    return [yaml.safe_load(path.read_text()) for path in (CONTRACTS / "agreements").glob("*.yaml")]


def recipients(agreement: Plain, share: Plain) -> set[str]:
    """The agencies that a share names, groups resolved."""
    found: set[str] = set()
    for name in share["to"]:
        if isinstance(name, dict):  # whichever member the event picks
            found.update(agreement["groups"][name["group"]])
        else:
            found.update(agreement["groups"][name[1:]] if name.startswith("@") else [name])
    return found


def sent(agreement: Plain, share: Plain) -> set[str]:
    """The paths that a share sends, sealed ones too."""
    found: set[str] = set()
    for item in (*share["send"], *share.get("sealed", [])):
        if isinstance(item, dict):  # coarsened, under a name of its own
            found.add(f"{item['field']}_{item['as'].replace('-', '_')}")
        else:
            found.update(agreement["field_sets"][item[1:]] if item.startswith("@") else [item])
    return found - set(agreement.get("never_send", []))


@cache
def readable_paths(agency: str, event_type: str) -> set[str]:
    """The paths of events of this type that any share of any agreement sends to `agency`."""
    return {
        path
        for agreement in agreements()
        for share in agreement["shares"]
        if share["event"] == event_type and agency in recipients(agreement, share)
        for path in sent(agreement, share)
    }


@cache
def candidates(publisher: str, event_type: str) -> set[str]:
    """Every agency that some share names for events of this type and publisher."""
    return {
        agency
        for agreement in agreements()
        for share in agreement["shares"]
        if share["event"] == event_type and publisher in share["from"]
        for agency in recipients(agreement, share)
    } - {publisher}


def crimes_by_recipient(street_file: Path) -> Counter[str]:
    """How many rows of a police.uk file each agency is to get, had everybody signed."""
    (agreement,) = (each for each in agreements() if each["service_line"] == "community-safety")
    counted: Counter[str] = Counter()
    with street_file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            crime = {
                "district": row["LSOA name"].rpartition(" ")[0],
                "category": re.sub("[^a-z]+", "-", row["Crime type"].lower()),
            }
            for share in agreement["shares"]:
                if all(_holds(condition, crime) for condition in share["when"]):
                    counted.update(recipients(agreement, share))
    return counted


def _holds(condition: Plain, crime: dict[str, str]) -> bool:
    value = crime[condition["field"]]
    return value in condition["in"] if "in" in condition else value == condition["is"]
