"""The contracts folder as the tests read it: as text, without the code that uses it."""

import json
from functools import cache
from typing import Any

import yaml

from concordat.agreements.document import Agreement
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import Contracts, load_contracts

SCHEMA_SUFFIX = ".schema.json"
AGREEMENTS = (
    "worcestershire-child-exploitation",
    "worcestershire-community-safety",
    "worcestershire-domestic-abuse",
    "worcestershire-hospital-discharge",
    "worcestershire-marac",
    "worcestershire-missing-children",
    "worcestershire-operation-encompass",
)


@cache
def contracts() -> Contracts:
    """Everything that can be registered; raises with every fault."""
    return load_contracts(CONTRACTS)


def agreement(agreement_id: str) -> Agreement:
    """The agreement with this id."""
    (found,) = (each for each in contracts().agreements if each.id == agreement_id)
    return found


def schema(name: str) -> dict[str, Any]:
    """The committed schema with this name."""
    text = (CONTRACTS / "events" / (name + SCHEMA_SUFFIX)).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def topic_entries() -> list[dict[str, Any]]:
    """The entries of topics.yaml, unchecked."""
    text = (CONTRACTS / "topics.yaml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = yaml.safe_load(text)["topics"]
    return entries
