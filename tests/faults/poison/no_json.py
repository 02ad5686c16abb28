"""Families of poison: bytes that are no JSON, or that parsers disagree on."""

import gzip
import random

from concordat_events.envelope import MAX_BYTES
from concordat_events.faults import FaultCode
from faults.poison.poisons import Draft, Fate, family

_REFUSED = Fate.REFUSED
_NOT_JSON, _NOT_UTF8 = FaultCode.NOT_JSON, FaultCode.NOT_UTF8

_UNPARSABLE = {
    "trailing_comma": lambda d: d.text()[:-1] + ",}",
    "trailing_comma_in_array": lambda d: d.text()[:-1] + ',"a":[1,]}',
    "trailing_data": lambda d: d.text() + d.text(),
    "two_lines": lambda d: d.text() + "\n" + d.text(),
    "trailing_nul": lambda d: d.text() + "\0",
    "line_comment": lambda d: f"// {d.canary}\n" + d.text(),
    "block_comment": lambda d: d.text()[:-1] + f"/* {d.canary} */" + "}",
    "hash_comment": lambda d: f"# {d.canary}\n" + d.text(),
    "single_quotes": lambda d: d.text().replace('"', "'"),
    "bare_keys": lambda d: d.text().replace('"id"', "id"),
    "missing_colon": lambda d: d.text().replace('"id":', '"id" '),
    "missing_comma": lambda d: d.text().replace('","', '""', 1),
    "double_comma": lambda d: d.text().replace('",', '",,', 1),
    "unclosed": lambda d: d.text()[:-1],
    "closed_twice": lambda d: d.text() + "}",
    "wrong_bracket": lambda d: d.text()[:-1] + "]",
    "python_words": lambda d: d.text()[:-1] + ',"synthetic":True}',
    "capital_null": lambda d: d.text()[:-1] + ',"synthetic":NULL}',
    "raw_newline": lambda d: d.text().replace(d.canary, f"{d.canary}\n"),
    "raw_tab": lambda d: d.text().replace(d.canary, f"{d.canary}\t"),
    "raw_nul": lambda d: d.text().replace(d.canary, f"{d.canary}\0"),
    "raw_escape": lambda d: d.text().replace(d.canary, f"{d.canary}\x1b[2J"),
    "hex_escape": lambda d: d.text().replace(d.canary, d.canary + r"\x41"),
    "bell_escape": lambda d: d.text().replace(d.canary, d.canary + r"\a"),
    "short_escape": lambda d: d.text().replace(d.canary, d.canary + r"\u12"),
    "bad_escape": lambda d: d.text().replace(d.canary, d.canary + r"\u12G4"),
    "cut_escape": lambda d: d.text()[: d.text().index(d.canary)] + "\\",
    "byte_order_mark": lambda d: "\ufeff" + d.text(),
    "blank": lambda d: d.draw.choice([" ", "\n\n", "\t \r\n"]),
    "no_break_spaces": lambda d: d.text().replace(":", ":\u00a0", 1),
    "form_feed": lambda d: "\f" + d.text(),
    "array": lambda d: f"[{d.text()}]",
    "text": lambda d: f'"{d.canary}"',
    "number": lambda d: d.draw.choice(["0", "-1", "1e5", "12"]),
    "word": lambda d: d.draw.choice(["null", "true", "false"]),
    "empty_array": lambda _: "[]",
    "lone_bracket": lambda d: d.draw.choice(["{", "[", "}", "]", '"', ":", ",", "{[", '{"']),
    "xml": lambda d: f"<?xml version='1.0'?><event><id>{d.canary}</id></event>",
    "yaml": lambda d: f"id: {d.canary}\nsource: //police\n",
    "csv": lambda d: f"id,source\n{d.canary},//police\n",
    "form": lambda d: f"id={d.canary}&source=police",
    "json_with_length": lambda d: f"{len(d.text())}\n{d.text()}",
    "json_callback": lambda d: f"callback({d.text()})",
    "schema_registry_prefix": lambda d: b"\x00\x00\x00\x00\x2a" + d.text().encode(),
    "record_separator": lambda d: "\x1e" + d.text() + "\n",
    "utf_16_without_mark": lambda d: d.text().encode("utf-16-le"),
    "too_deep_arrays": lambda d: _deep(d, "[", "]", 10_000),
    "too_deep_objects": lambda d: _deep(d, '{"a":', "}", 10_000, "1"),
    "never_closed": lambda d: "[" * d.draw.randint(1000, 100_000),
    "never_closed_objects": lambda d: '{"a":' * d.draw.randint(1000, 20_000),
    "too_many_digits": lambda d: _number(d, "1" * 5000),
}
_BAD_NUMBERS = [
    *("NaN", "Infinity", "-Infinity", "nan", "-NaN", "1e", "1e+", "1.", ".5", "-", "--1", "+1"),
    *("01", "-01", "0x1F", "1_000", "1,5", "1f", "٣", "1 2", "0b1", "2.e3", "9.3e+", "-foo"),
]
_BAD_BYTES = (
    b"\x80",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xf0\x80\x80\xaf",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
)


def _deep(d: Draft, left: str, right: str, depth: int, core: str = "") -> str:
    return d.text()[:-1] + f',"deep":{left * depth}{core}{right * depth}}}'


def _number(d: Draft, literal: str) -> str:
    return d.text().replace("-2.5", literal)


for _name, _spoil in _UNPARSABLE.items():
    _spoil.__name__ = _name
    family(_REFUSED, _NOT_JSON)(_spoil)


@family(_REFUSED, _NOT_JSON)
def truncated(d: Draft) -> str:
    text = d.text()
    return text[: d.draw.randint(1, len(text) - 1)]


@family(_REFUSED, _NOT_JSON, weight=40)
def bad_number(d: Draft) -> str:
    return _number(d, d.draw.choice(_BAD_NUMBERS))


@family(_REFUSED, FaultCode.EMPTY)
def empty(d: Draft) -> bytes:
    return b""


@family(_REFUSED, FaultCode.EMPTY)
def tombstone(d: Draft) -> None:
    return None


@family(_REFUSED, _NOT_UTF8, weight=40)
def invalid_utf_8(d: Draft) -> bytes:
    bad = d.draw.choice(_BAD_BYTES)
    return d.text().encode().replace(d.canary.encode(), d.canary.encode() + bad)


@family(_REFUSED, _NOT_UTF8)
def utf_16(d: Draft) -> bytes:
    return d.text().encode("utf-16")


@family(_REFUSED, _NOT_UTF8)
def latin_1(d: Draft) -> bytes:
    return d.text().replace(d.canary, f"{d.canary} Zoë").encode("latin-1")


@family(_REFUSED, _NOT_UTF8)
def noise(d: Draft) -> bytes:
    return b"\xff" + d.draw.randbytes(d.draw.randint(1, 500))


@family(_REFUSED, _NOT_UTF8)
def gzip_value(d: Draft) -> bytes:
    d.headers["content-encoding"] = "gzip"
    return gzip.compress(d.text().encode(), mtime=0)  # else the clock would be in it


@family(_REFUSED, FaultCode.TOO_LARGE, weight=1)
def two_hundred_kilobytes(d: Draft) -> str:
    return d.text().replace(d.canary, d.canary + "a" * 200_000)


@family(_REFUSED, FaultCode.TOO_LARGE, weight=1)
def one_byte_too_many(d: Draft) -> str:
    return d.text().ljust(MAX_BYTES + 1)


@family(_REFUSED, FaultCode.TOO_LARGE, weight=1)
def nearly_a_mebibyte(d: Draft) -> bytes:
    return random.Random(d.number).randbytes(1_000_000)


@family(_REFUSED, FaultCode.DUPLICATE_KEY)
def key_twice(d: Draft) -> str:
    return d.text()[:-1] + f',"id":"{d.canary}"}}'


@family(_REFUSED, FaultCode.DUPLICATE_KEY)
def key_twice_alike(d: Draft) -> str:
    return d.text()[:-1] + f',"id":"{d.event["id"]}"}}'


@family(_REFUSED, FaultCode.DUPLICATE_KEY)
def key_twice_in_data(d: Draft) -> str:
    return d.text().replace('"category":', f'"category":"{d.canary}","category":')


@family(_REFUSED, FaultCode.DUPLICATE_KEY)
def key_twice_by_escape(d: Draft) -> str:
    return d.text()[:-1] + f',"s\\u006furce":"//{d.canary}"}}'


@family(_REFUSED, FaultCode.DUPLICATE_KEY)
def data_twice(d: Draft) -> str:
    return d.text()[:-1] + ',"data":{}}'
