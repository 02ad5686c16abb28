"""Every bar, by name; the order is that of `make bars`."""

import importlib

from faults.bar import Bar

NAMES = (
    "overshare",
    "canary",
    "kill-stream",
    "zombie",
    "kill-deliver",
    "broker",
    "postgres",
    "restore",
    "fail-closed",
    "revoke-down",
    "poison",
    "duplicates",
    "foreign",
    "replay",
    "join",
    "supervisor",
    "witness",
)
NEEDS_DOCKER = ("three-stacks",)
"""Run by their own target: a machine without a Docker engine cannot hold them."""


def bar_named(name: str) -> Bar:
    """Return a bar: `BAR` of `bar.py` in the folder that is spelt like it."""
    bar: Bar = importlib.import_module(f"faults.{name.replace('-', '_')}.bar").BAR
    return bar
