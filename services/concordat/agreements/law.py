"""The law an agreement may name: gateways, lawful bases, and what each mark of a field asks for.

Codes and sentences follow UK GDPR, the Data Protection Act 2018 ("DPA 2018") and the Acts named.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from concordat_events.fields import Sensitivity

GATEWAYS: Mapping[str, str] = MappingProxyType(
    {
        "ca2004-s11": "Children Act 2004 s.11: safeguarding and promoting children's welfare",
        "ca2004-s16la": "Children Act 2004 s.16LA: the duty to disclose to safeguard children",
        "careact2014": "Care Act 2014: co-operation, and enquiries into abuse of adults",
        "cca2004": "Civil Contingencies Act 2004: co-operation of emergency responders",
        "cda1998-s115": "Crime and Disorder Act 1998 s.115: to a relevant authority",
        "common-law": "Common law: consent, or an overriding public interest",
        "daa2021-s49a": "Domestic Abuse Act 2021 s.49A: telling a child's school",
        "hsca2012-s251b": "Health and Social Care Act 2012 s.251B: sharing for direct care",
    }
)

BASES: Mapping[str, str] = MappingProxyType(
    {
        "gdpr-6-1-a": "UK GDPR Art 6(1)(a): consent",
        "gdpr-6-1-c": "UK GDPR Art 6(1)(c): a legal obligation",
        "gdpr-6-1-d": "UK GDPR Art 6(1)(d): vital interests",
        "gdpr-6-1-e": "UK GDPR Art 6(1)(e): a public task",
        "gdpr-6-1-ea": "UK GDPR Art 6(1)(ea): a recognised legitimate interest",
        "gdpr-6-1-f": "UK GDPR Art 6(1)(f): legitimate interests",
        "gdpr-9-2-a": "UK GDPR Art 9(2)(a): explicit consent",
        "gdpr-9-2-c": "UK GDPR Art 9(2)(c): vital interests of somebody who cannot consent",
        "gdpr-9-2-g": "UK GDPR Art 9(2)(g): substantial public interest",
        "gdpr-9-2-h": "UK GDPR Art 9(2)(h): health or social care",
        "dpa2018-sch1-2": "DPA 2018 Sch 1 para 2: health or social care purposes",
        "dpa2018-sch1-6": "DPA 2018 Sch 1 para 6: statutory and government purposes",
        "dpa2018-sch1-10": "DPA 2018 Sch 1 para 10: preventing or detecting unlawful acts",
        "dpa2018-sch1-18": "DPA 2018 Sch 1 para 18: safeguarding children and individuals at risk",
        "gdpr-10-dpa2018-sch1-6": "UK GDPR Art 10 with DPA 2018 Sch 1 para 6",
        "gdpr-10-dpa2018-sch1-10": "UK GDPR Art 10 with DPA 2018 Sch 1 para 10",
        "gdpr-10-dpa2018-sch1-18": "UK GDPR Art 10 with DPA 2018 Sch 1 para 18",
        "dpa2018-s35": "DPA 2018 s.35: law enforcement, the first principle",
        "dpa2018-sch8-4": "DPA 2018 Sch 8 para 4: safeguarding, in law enforcement",
    }
)

_ORDINARY = (*((code,) for code in BASES if code.startswith("gdpr-6-")), ("dpa2018-s35",))
# UK GDPR Art 9(2)(g) and (h) need a condition of Schedule 1 beside them (DPA 2018 s.10); Art 10
# has it in its code; s.35(4) and (5) need one of Schedule 8 for sensitive processing.
_GRAVE = (
    ("gdpr-9-2-a",),
    ("gdpr-9-2-c",),
    ("gdpr-9-2-g", "dpa2018-sch1-6"),
    ("gdpr-9-2-g", "dpa2018-sch1-10"),
    ("gdpr-9-2-g", "dpa2018-sch1-18"),
    ("gdpr-9-2-h", "dpa2018-sch1-2"),
    ("gdpr-10-dpa2018-sch1-6",),
    ("gdpr-10-dpa2018-sch1-10",),
    ("gdpr-10-dpa2018-sch1-18",),
    ("dpa2018-s35", "dpa2018-sch8-4"),
)

ACCEPTED: Mapping[Sensitivity, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        Sensitivity.NONE: ((),),
        Sensitivity.PERSONAL: _ORDINARY,
        Sensitivity.SPECIAL: _GRAVE,
        Sensitivity.SEALED: _GRAVE,
    }
)
"""For each mark of a field: the sets of codes of which one, whole, must stand on either side."""


def covers(basis: Iterable[str], mark: Sensitivity) -> bool:
    """Whether one side's lawful basis lets it process a field with this mark."""
    named = set(basis)
    return any(named.issuperset(codes) for codes in ACCEPTED[mark])
