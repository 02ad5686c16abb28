"""Addresses that do not exist and cannot.

A postcode's last two letters are never C, I, K, M, O or V (they are too easily misread, so Royal
Mail leaves them out of every inward code): a postcode that ends in two of these belongs to nobody.
Its first half may be real, which keeps the area plausible. Street names join words that no street
joins; a UPRN here begins with 999, far above the blocks in use.
"""

from concordat.publish.draw import Draw
from concordat_events.lines.domestic_abuse import Address

_NEVER_IN_AN_INWARD_CODE = "CIKMOV"
_OUTWARD = {
    "Bromsgrove": "B61",
    "Herefordshire": "HR4",
    "Malvern Hills": "WR14",
    "Redditch": "B97",
    "Shropshire": "SY3",
    "Telford and Wrekin": "TF3",
    "Worcester": "WR3",
    "Wychavon": "WR11",
    "Wyre Forest": "DY10",
}
_ELSEWHERE = "ZZ9"
_STREET_BEGINS = (
    *("Acornwhistle", "Buttonmoss", "Cobblefern", "Driftplum", "Echobarley", "Foxglimmer"),
    *("Gosling", "Hobnail", "Inkberry", "Jugglers", "Kingcup", "Lampwick", "Mothwing", "Nutmeg"),
    *("Owlfeather", "Puddlestone", "Quincetree", "Ropemoss", "Sparrowbell", "Tumbledown"),
)
_STREET_ENDS = ("Bight", "Crinkle", "Dawdle", "Furlong", "Loop", "Meander", "Ramble", "Twitchel")


def address(draw: Draw, district: str | None, kind: str) -> Address:
    """Return an invented address of `kind` in `district`."""
    return Address.model_validate(
        {
            "kind": kind,
            "line": f"{1 + draw.number('house', 899)} {street(draw)}",
            "postcode": postcode(draw, district),
            "uprn": uprn(draw),
        }
    )


def street(draw: Draw) -> str:
    """Return an invented street."""
    return f"{draw.pick('street', _STREET_BEGINS)} {draw.pick('way', _STREET_ENDS)}"


def postcode(draw: Draw, district: str | None) -> str:
    """Return a postcode in `district` that can never be issued."""
    outward = _OUTWARD.get(district or "", _ELSEWHERE)
    last = "".join(draw.pick(f"unit {place}", _NEVER_IN_AN_INWARD_CODE) for place in (1, 2))
    return f"{outward} {draw.number('sector', 10)}{last}"


def uprn(draw: Draw) -> str:
    """Return a twelve-digit UPRN outside every block in use."""
    return f"999{draw.number('uprn', 10**9):09d}"
