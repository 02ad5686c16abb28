"""Hypothesis strategies: how thorough to be, who there is, and valid events of every type."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves

Plain = dict[str, Any]

# Deterministic, so that a red run is red again; the figures are for every run, CI included.
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
THOROUGH = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=_QUIET)
# A situation is large: to make it smaller takes minutes and helps little. The bar overshare, which
# `make test` runs too, draws a hundred thousand.
UNSHRUNK = settings(THOROUGH, max_examples=100, phases=[Phase.generate])
QUICK = settings(THOROUGH, max_examples=50)

TYPES = tuple(sorted(CATALOGUE))
WORLD = {
    "police-authority": ["police"],
    "council": ["social-care", "adult-care"],
    "charity": ["womens-aid"],
    "trust": ["hospital"],
}
CONTROLLERS = {agency: controller for controller, desks in WORLD.items() for agency in desks}
AGENCIES = tuple(sorted(CONTROLLERS))
IDENTIFIERS = {
    "social-care": {"urn": "123456", "gss": "E10000034"},
    "adult-care": {"gss": "E06000019", "ods": "RA0123"},
    "womens-aid": {"urn": "654321"},
    "hospital": {"ods": "RWP01"},
}

WORDS = ("drugs", "burglary", "high", "Redditch", "stalking")
_MASKS = [st.integers(0, 2**size - 1) for size in range(13)]
_OPAQUE = st.text("abcXYZ019-", min_size=7, max_size=20).map(lambda text: "r" + text)


def usually(strategy: SearchStrategy[Any], otherwise: Any) -> SearchStrategy[Any]:
    """`strategy` nine times out of ten, else `otherwise`."""
    return st.integers(0, 9).flatmap(lambda n: st.just(otherwise) if n == 9 else strategy)


def some(draw: DrawFn, items: Sequence[str], *, thin: bool = False) -> list[str]:
    """About half of `items`, a quarter when `thin`: a draw per twelve items, not per item."""
    chosen = []
    for start in range(0, len(items), 12):
        chunk = items[start : start + 12]
        mask = draw(_MASKS[len(chunk)]) & (draw(_MASKS[len(chunk)]) if thin else -1)
        chosen += [item for n, item in enumerate(chunk) if mask >> n & 1]
    return chosen


@st.composite
def subsets(draw: DrawFn, items: Sequence[str]) -> list[str]:
    """Some of `items`: a half, or a quarter."""
    return some(draw, items, thin=draw(st.booleans()))


def texts(maximum: int, *, lines: bool) -> SearchStrategy[str]:
    """Any text a `Line` or a `Text` may hold, often one of a few words."""
    alphabet = st.characters(exclude_categories=("Cs", "Cc"))
    if lines:
        alphabet = alphabet | st.sampled_from("\t\n")
    free = st.text(alphabet, min_size=1, max_size=min(maximum, 30))
    return st.sampled_from(WORDS) | free


@st.composite
def nhs_numbers(draw: DrawFn) -> str:
    """Numbers whose check digit is right (NHS Data Dictionary)."""
    while True:
        digits = [draw(st.integers(0, 9)) for _ in range(9)]
        check = 11 - sum(n * w for n, w in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            return "".join(map(str, digits)) + str(check % 11)


def instants() -> SearchStrategy[str]:
    """RFC 3339 in UTC, as the canonical form writes it."""
    moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - made aware below
    return moments.map(lambda moment: moment.isoformat() + "Z")


def of_schema(schema: Plain, definitions: Plain, name: str = "") -> SearchStrategy[Any]:
    """Values that a published JSON Schema allows."""
    if "$ref" in schema:
        return of_schema(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, name)
    if "anyOf" in schema:
        (inner,) = (arm for arm in schema["anyOf"] if arm.get("type") != "null")
        return of_schema(inner, definitions, name) | st.none()
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    values: SearchStrategy[Any] = _BY_TYPE[schema["type"]](schema, definitions, name)
    return values


def _objects(schema: Plain, definitions: Plain, _name: str) -> SearchStrategy[Any]:
    fields = {
        name: of_schema(each, definitions, name) for name, each in schema["properties"].items()
    }
    required = {name: fields[name] for name in schema.get("required", [])}
    optional = {name: each for name, each in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _arrays(schema: Plain, definitions: Plain, name: str) -> SearchStrategy[Any]:
    return st.lists(of_schema(schema["items"], definitions, name), max_size=3)


def _strings(schema: Plain, _definitions: Plain, name: str) -> SearchStrategy[Any]:
    if name == "nhs_number":
        return nhs_numbers()
    if schema.get("format") == "date":
        return st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat)
    if schema.get("format") == "date-time":
        return instants()
    if schema.get("maxLength", 0) >= 200:
        return texts(schema["maxLength"], lines=schema["maxLength"] > 200)
    if schema.get("maxLength") == 80:
        return st.sampled_from(("drugs", "burglary", "high", "risk-1", "a_b"))
    return st.from_regex(schema["pattern"], fullmatch=True)


_BY_TYPE: dict[str, Any] = {
    "object": _objects,
    "array": _arrays,
    "string": _strings,
    "boolean": lambda *_: st.booleans(),
    "integer": lambda schema, *_: st.integers(schema["minimum"], min(schema["maximum"], 30)),
    "number": lambda schema, *_: st.floats(schema["minimum"], schema["maximum"]).map(
        lambda number: number + 0.0
    ),
}
_SCHEMAS = {name: model.model_json_schema() for name, model in CATALOGUE.items()}
DATA = {name: of_schema(schema, schema.get("$defs", {})) for name, schema in _SCHEMAS.items()}


@st.composite
def events(
    draw: DrawFn, publishers: Sequence[str] = AGENCIES, types: Sequence[str] = TYPES
) -> Plain:
    """Valid published events as plain JSON values, some fields null and some left out."""
    event_type = draw(st.sampled_from(types))
    event = {
        "specversion": "1.0",
        "id": draw(_OPAQUE),
        "source": "//" + draw(st.sampled_from(publishers)),
        "type": event_type,
        "time": draw(instants()),
        "subject": draw(_OPAQUE),
        "data": draw(DATA[event_type]),
    }
    denied = draw(usually(st.none(), "some")) and some(draw, AGENCIES)
    extra = {
        "withholdfrom": ",".join(denied) if denied else None,
        "synthetic": draw(st.sampled_from([None, None, True, False])),
        "datacontenttype": draw(st.sampled_from([None, "application/json"])),
        "traceparent": draw(st.sampled_from([None, f"00-{'a' * 32}-{'b' * 16}-01"])),
    }
    # A null attribute and one that is left out mean the same.
    return event | {
        name: value for name, value in extra.items() if value is not None or draw(st.booleans())
    }


def fill_in(event: Plain, path: str, value: Any) -> None:
    """Write `value` into a field outside lists, if the event has room and the field may hold it."""
    pattern = leaves(CATALOGUE[event["type"]])[path].pattern
    *parents, last = path.split(".")
    place: Any = event["data"]
    for step in parents:
        place = place.get(step) if place else None
    texts = [str(each) for each in (value if isinstance(value, list) else [value])]
    fits = pattern is None or all(re.fullmatch(pattern, text) for text in texts)
    if place is not None and fits and last != "nhs_number":
        place[last] = value
