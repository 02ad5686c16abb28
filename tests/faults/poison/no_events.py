"""Families of poison: JSON that is no event of ours, and records that are not what they say."""

from typing import Any

from concordat_events.faults import FaultCode as Code
from exchange_on_kafka import PUBLISHERS
from faults.poison.poisons import Draft, Fate, family

_REQUIRED = ("id", "source", "type", "time", "subject", "data", "specversion")
_BAD_TIMES = [
    *("0000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"),
    *("2025-12-01T09:00:00", "2025-12-01", "2025-02-30T00:00:00Z", "2025-13-01T00:00:00Z"),
    *("2025-12-01T24:00:01Z", "2025-12-01 09:00:00Z", "20251201T090000Z", "now", ""),
    *("2025-12-01T09:00:00z ", "1764579600", "+12025-12-01T09:00:00Z", "2025-W49-1T09:00:00Z"),
]
_BAD_IDS = [
    *("short", "", "a" * 65, "-leading-dash", "with space 01", "../../etc/passwd", "id%00-0001"),
    *("line-end-0001\n", "t\u0435st-0000001", "١٢٣٤٥٦٧٨٩", "a\u0000b-000000001", "id;DROP TABLE"),
]
_ANY: tuple[Any, ...] = (None, True, 0, 1.5, [], {}, ["a"], "text", {"a": {"b": []}})
_BAD_TYPES = [
    *("application/json", "text/plain", "", "application/cloudevents+xml", "*/*"),
    *("application/cloudevents+json; charset=utf-16", "application/cloudevents-batch+json"),
]
_HUGE = ("1e400", "-1e400", "1E+999999", "12345678901234567890", "-180.00001", "1e309", "9" * 400)


@family(Fate.REFUSED, Code.MISSING)
def missing_attribute(d: Draft) -> str:
    del d.event[d.draw.choice(_REQUIRED)]
    return d.text()


@family(Fate.REFUSED, Code.MISSING)
def empty_object(d: Draft) -> str:
    return "{}"


@family(Fate.REFUSED, Code.MISSING)
def empty_data(d: Draft) -> str:
    d.event["data"] = {}
    return d.text()


@family(Fate.REFUSED, Code.UNDECLARED)
def unknown_attribute(d: Draft) -> str:
    d.event[d.draw.choice([d.canary, "__proto__", "constructor", "data_base64", "ID", ""])] = "1"
    return d.text()


@family(Fate.REFUSED, Code.UNDECLARED)
def undeclared_field(d: Draft) -> str:
    d.draw.choice([d.data, d.data["location"]])[d.canary] = d.canary
    return d.text()


@family(Fate.REFUSED, Code.AND_MORE)
def a_thousand_faults(d: Draft) -> str:
    d.data.update({f"{d.canary}-{n}": n for n in range(1000)})
    return d.text()


@family(Fate.REFUSED, Code.MISSING, Code.UNDECLARED, Code.WRONG_VALUE, Code.WRONG_TYPE)
def many_faults(d: Draft) -> str:
    del d.event["time"]
    d.event[d.canary] = 1
    d.data["month"], d.data["category"] = "2025-13", 7
    return d.text()


@family(Fate.REFUSED, Code.WRONG_VALUE, Code.WRONG_SOURCE, Code.WRONG_KEY, Code.UNKNOWN_AGENCY)
def faults_of_every_kind(d: Draft) -> str:
    d.data["month"], d.key = "2025-00", d.canary.encode()
    d.event["source"], d.event["withholdfrom"] = "//nobody", "nobody"
    return d.text()


@family(Fate.REFUSED, Code.WRONG_TYPE)
def wrong_type(d: Draft) -> str:
    d.event[d.draw.choice(["id", "subject", "time"])] = d.draw.choice([None, True, 7, [], {}])
    return d.text()


@family(Fate.REFUSED)
def anything_for_data(d: Draft) -> str:
    d.event["data"] = d.draw.choice(_ANY)
    return d.text()


@family(Fate.REFUSED)
def anything_for_a_field(d: Draft) -> str:
    d.data["category"] = d.draw.choice([each for each in _ANY if each != "text"])
    return d.text()


@family(Fate.REFUSED, Code.UNKNOWN_TYPE)
def unknown_type(d: Draft) -> str:
    d.event["type"] = d.draw.choice([d.canary, "", "community-safety.crime-recorded.v2"])
    return d.text()


@family(Fate.REFUSED)
def other_version(d: Draft) -> str:
    d.event["specversion"] = d.draw.choice(["0.3", "1", "2.0", 1.0, None])
    return d.text()


@family(Fate.REFUSED, weight=40)
def bad_time(d: Draft) -> str:
    d.event["time"] = d.draw.choice([*_BAD_TIMES, 1764579600, 1.5, None])
    return d.text()


@family(Fate.REFUSED, Code.WRONG_VALUE, weight=40)
def bad_id(d: Draft) -> str:
    d.event["id"] = d.draw.choice([*_BAD_IDS, f"{d.canary} is long"])
    return d.text()


@family(Fate.REFUSED, Code.WRONG_VALUE)
def bad_subject(d: Draft) -> str:
    d.event["subject"] = d.draw.choice([*_BAD_IDS, f"{d.canary}, born later"])
    return d.text()


@family(Fate.REFUSED)
def bad_withholding(d: Draft) -> str:
    d.event["withholdfrom"] = d.draw.choice(["", ",", "Police", "police,", d.canary, 7, ["police"]])
    return d.text()


@family(Fate.REFUSED, Code.UNKNOWN_AGENCY)
def withheld_from_nobody(d: Draft) -> str:
    d.event["withholdfrom"] = "womens-aid,nobody-at-all"
    return d.text()


@family(Fate.REFUSED, Code.WRONG_SOURCE)
def wrong_source(d: Draft) -> str:
    others = [each for each in PUBLISHERS if each != d.publisher]
    d.event["source"] = f"//{d.draw.choice([*others, 'nobody', 'concordat'])}"
    return d.text()


@family(Fate.REFUSED, Code.WRONG_VALUE)
def bad_source(d: Draft) -> str:
    bad = [
        "police",
        "http://police",
        "//",
        "///police",
        "//Police",
        f"//{d.canary} x",
        "//police\n",
    ]
    d.event["source"] = d.draw.choice(bad)
    return d.text()


@family(Fate.REFUSED, Code.WRONG_KEY)
def wrong_key(d: Draft) -> str:
    key = d.key or b""
    d.key = d.draw.choice([None, b"", d.canary.encode(), key + b" ", key.upper(), b"\xff\x00"])
    return d.text()


@family(Fate.REFUSED, Code.CONTENT_TYPE)
def wrong_content_type(d: Draft) -> str:
    d.content_type = d.draw.choice([*_BAD_TYPES, None, b"\xff\xfe", d.canary, CONTENT_TWICE])
    return d.text()


CONTENT_TWICE = "application/cloudevents+json, application/json"


@family(Fate.REFUSED, weight=40)
def huge_number(d: Draft) -> str:
    return d.text().replace("-2.5", d.draw.choice(_HUGE))


@family(Fate.REFUSED)
def number_as_text(d: Draft) -> str:
    return d.text().replace("-2.5", d.draw.choice(['"-2.5"', "true", '"NaN"', "[-2.5]", "{}"]))


@family(Fate.REFUSED)
def lone_surrogate(d: Draft) -> str:
    bad = d.draw.choice([r"\ud800", r"\udc00", r"\ud800\ud800", r"\udc00\ud800", r"\ud800\u0041"])
    return d.text().replace(d.canary, d.canary + bad)


@family(Fate.REFUSED)
def lone_surrogate_in_a_key(d: Draft) -> str:
    return d.text()[:-1] + f',"{d.canary}\\ud800":1}}'


@family(Fate.REFUSED, Code.WRONG_VALUE)
def control_character(d: Draft) -> str:
    bad = d.draw.choice([r"\u0000", r"\n", r"\u001b[2J", r"\u007f", r"\b", r"\r\n"])
    return d.text().replace(d.canary, d.canary + bad)


@family(Fate.REFUSED, Code.WRONG_VALUE)
def too_long(d: Draft) -> str:
    d.data["context"] = f"{d.canary} " * 50
    return d.text()


@family(Fate.REFUSED, Code.WRONG_VALUE)
def bad_values(d: Draft) -> str:
    name, value = d.draw.choice(
        [
            ("category", f"{d.canary} Drugs"),
            ("month", "2025-13"),
            ("month", d.canary),
            ("district", ""),
        ]
    )
    d.data[name] = value
    return d.text()


@family(Fate.REFUSED, Code.WRONG_VALUE)
def bad_trace(d: Draft) -> str:
    d.event["traceparent"] = d.draw.choice([d.canary, "00-00-00-00", "0" * 55, ""])
    return d.text()


@family(Fate.REFUSED, Code.WRONG_VALUE)
def bad_data_attributes(d: Draft) -> str:
    name = d.draw.choice(["dataschema", "datacontenttype"])
    d.event[name] = d.draw.choice([f"{d.canary} with spaces", "", "x y", "\u00e9" * 301])
    return d.text()


@family(Fate.DEAD, Code.UNKNOWN_AGENCY)
def from_a_stranger(d: Draft) -> bytes | str | None:
    good = d.text()
    return d.draw.choice([good, good[:-1], d.canary, b"\xff", b"", None])
