"""Families of odd spelling: what is well-formed after all, and leaves admit as everybody's does."""

from concordat_events.envelope import MAX_BYTES
from faults.poison.poisons import KEPT, Draft, Fate, family

_ESCAPED = {"id": "\\u0069d", "data": "d\\u0061ta", "time": "\\u0074ime"}
_TINY = [
    *("-0", "-0.0", "0e5", "-0e-5", "1e-400", "-1E-999", "0.10000000000000000555", "1E0", "1e2"),
    *("1.0000000000000000000000000001", "179.99999999999999999999", "-2.50", "0.0000001"),
]
_TYPES = ["application/cloudevents+json", "Application/CloudEvents+JSON ; Charset=utf-8"]
_TIMES = [
    *("2025-12-01T10:00:00+01:00", "2025-12-01T09:00:00.000Z", "2025-12-01T09:00:00-00:00"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2024-02-29T23:59:59+14:00"),
]
_TEXTS = [
    *(r"\ud83d\ude00", r"\u00e9", "e\u0301", "\u2028", "\ufeff", "\u202e", r"\/", "\U0010ffff"),
    *("<script>", "'; --", "${jndi:ldap://x}", "{{7*7}}", "\u00a0", "\ud7ff", r"\u0022"),
]


@family(Fate.NORMALISED)
def spread_out(d: Draft) -> str:
    return d.text().replace(",", " ,\r\n\t").replace('":', '" : ').join([" \n", "\t "])


@family(Fate.NORMALISED)
def escaped_keys(d: Draft) -> str:
    name = d.draw.choice(sorted(_ESCAPED))
    return d.text().replace(f'"{name}":', f'"{_ESCAPED[name]}":', 1)


@family(Fate.NORMALISED)
def nulls(d: Draft) -> str:
    d.event |= {"traceparent": None, "withholdfrom": None, "dataschema": None, "synthetic": None}
    d.data.update(outcome=None, district=None)
    d.data["location"]["latitude"] = None
    return d.text()


@family(Fate.NORMALISED, weight=40)
def odd_number(d: Draft) -> str:
    return d.text().replace("-2.5", d.draw.choice(_TINY))


@family(Fate.NORMALISED)
def odd_time(d: Draft) -> str:
    d.event["time"] = d.draw.choice(_TIMES)
    return d.text()


@family(Fate.NORMALISED)
def odd_text(d: Draft) -> str:
    return d.text().replace(KEPT, KEPT + d.draw.choice(_TEXTS))


@family(Fate.NORMALISED, weight=1)
def filled_to_the_limit(d: Draft) -> str:
    return d.text().ljust(MAX_BYTES)


@family(Fate.NORMALISED)
def odd_headers(d: Draft) -> str:
    d.content_type = d.draw.choice(_TYPES)
    d.headers |= {"x-canary": f"cnry-{d.number}", "ce_id": "another", "traceparent": None}
    return d.text()


@family(Fate.NORMALISED)
def reversed_keys(d: Draft) -> str:
    d.event = dict(reversed(d.event.items()))
    return d.text()
