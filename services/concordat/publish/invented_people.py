"""People who do not exist, and cannot be taken for people who do.

A surname is made of two halves that no register of surnames joins; an NHS number lies in
9,000,000,000 to 9,999,999,999, which is never issued; a school's number (URN) begins with 99,
beyond every number given out.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from nhs_number.validate import calculate_checksum

from concordat.publish.draw import Draw
from concordat_events.lines.domestic_abuse import Child

_GIVEN = (
    *("Ailsa", "Bran", "Ceri", "Dafydd", "Elin", "Fitz", "Gwenllian", "Hector", "Idris", "Juno"),
    *("Keziah", "Lowri", "Magnus", "Nerys", "Orla", "Piers", "Rhian", "Siân", "Tamsin", "Ulric"),
    *("Verity", "Wilf", "Yestyn", "Zoë", "Łucja", "Noor", "Anjali", "Tomasz", "Ayodele", "Mei"),
)
_SURNAME_BEGINS = (
    *("Bramble", "Candle", "Dapple", "Ember", "Fennel", "Glimmer", "Hazel", "Inkle", "Jasper"),
    *("Kestrel", "Lantern", "Mottle", "Nettle", "Otter", "Pebble", "Quillet", "Russet", "Saffron"),
    *("Teasel", "Umber", "Velvet", "Whistle", "Yarrow", "Zephyr"),
)
_SURNAME_ENDS = (
    *("bottom", "crumb", "dazzle", "feather", "gander", "hatch", "jug", "kettle", "loom", "muffin"),
    *("nook", "pocket", "quay", "rumble", "spindle", "thimble", "whisk", "wobble"),
)
_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person; `ref` is what the police's own system would call them."""

    ref: str
    name: str
    born: date
    nhs_number: str


def adult(draw: Draw, on: date) -> Person:
    """Return an invented person who is 18 to 77 years old on the day `on`."""
    age_days = 18 * _DAYS_A_YEAR + 5 + draw.number("age", 59 * _DAYS_A_YEAR)
    return Person(
        ref=f"person-{draw.ref('person')}",
        name=f"{draw.pick('given', _GIVEN)} {surname(draw)}",
        born=on - timedelta(days=age_days),
        nhs_number=nhs_number(draw),
    )


def children(draw: Draw, on: date, count: int, family: str) -> list[Child]:
    """Return `count` invented children of `family`, 0 to 16 years old on the day `on`."""
    return [_child(draw.part(f"child {number}"), on, family) for number in range(count)]


def _child(draw: Draw, on: date, family: str) -> Child:
    age_days = 1 + draw.number("age", 16 * _DAYS_A_YEAR)
    present = draw.chance("present", 60)
    at_school = age_days > 5 * _DAYS_A_YEAR
    return Child(
        ref=f"person-{draw.ref('person')}",
        name=f"{draw.pick('given', _GIVEN)} {family}",
        dob=on - timedelta(days=age_days),
        school_urn=str(990_000 + draw.number("school", 10_000)) if at_school else None,
        present=present,
        voice=draw.pick("voice", _VOICES) if present and at_school else None,
    )


_VOICES = (
    "Said they hid in the bedroom with the radio on.",
    "Did not want to speak; drew a picture of the house.",
    "Asked whether they can still go to school tomorrow.",
    "Said this has happened before and named no one.",
)


def surname(draw: Draw) -> str:
    """Return an invented surname."""
    return draw.pick("begins", _SURNAME_BEGINS) + draw.pick("ends", _SURNAME_ENDS)


def nhs_number(draw: Draw) -> str:
    """Return a valid NHS number that is never issued to anybody."""
    nine = 900_000_000 + draw.number("nhs", 99_999_990)
    while (check := calculate_checksum(str(nine))) == 10:  # 10 is not a digit: no such number
        nine += 1
    return f"{nine}{check}"
