"""The scalar types that event models are made of, and the sensitivity mark each field carries."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
)
from pydantic_core import CoreSchema, PydanticCustomError


class Sensitivity(StrEnum):
    """How much harm a field can do in the wrong hands."""

    NONE = "N"
    PERSONAL = "P"
    SPECIAL = "S"  # special category (UK GDPR Art 9) or criminal offence data (Art 10)
    SEALED = "X"  # where a victim can be found or reached, or intelligence: a named grant only


@dataclass(frozen=True, slots=True)
class Mark:
    """The sensitivity of one field; it also stands in the JSON Schema as `x-sensitivity`."""

    sensitivity: Sensitivity

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Add the mark to the generated schema."""
        return {**handler(core_schema), "x-sensitivity": self.sensitivity.value}


N = Mark(Sensitivity.NONE)
P = Mark(Sensitivity.PERSONAL)
S = Mark(Sensitivity.SPECIAL)
X = Mark(Sensitivity.SEALED)


class Data(BaseModel):
    """Base of every published model: closed, immutable, strict."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


OPAQUE = r"^[A-Za-z0-9][A-Za-z0-9-]{7,63}$"
AGENCY = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
SOURCE = r"^//[a-z][a-z0-9]*(-[a-z0-9]+)*$"

EventId = Annotated[str, Field(pattern=OPAQUE)]
CaseRef = Annotated[str, Field(pattern=OPAQUE)]
Ref = Annotated[str, Field(pattern=OPAQUE)]
AgencyId = Annotated[str, Field(pattern=AGENCY, min_length=2, max_length=63)]

Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[
    str, Field(min_length=1, max_length=8000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+$")
]
Code = Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$")]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Count = Annotated[int, Field(ge=0, le=100_000)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
LsoaCode = Annotated[str, Field(pattern=r"^[EWSN][0-9]{8}$")]
Uprn = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
SchoolUrn = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
HomeUrn = Annotated[str, Field(pattern=r"^(SC[0-9]{6}|[0-9]{7})$")]  # a children's home, by Ofsted
GssCode = Annotated[str, Field(pattern=r"^[EWSN][0-9]{8}$")]
OdsCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{3,10}$")]
POSTCODE = r"^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$"
Postcode = Annotated[str, Field(pattern=POSTCODE)]


FULL_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
RFC_3339 = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)


def _rfc_3339(value: Any) -> Any:
    # The parser behind would also take numbers of seconds and other spellings.
    if not (isinstance(value, datetime) or _is_written(value, RFC_3339)):
        raise PydanticCustomError("instant_parsing", "is not an instant as RFC 3339 writes it")
    return value


def _full_date(value: Any) -> Any:
    if not (isinstance(value, date) or _is_written(value, FULL_DATE)):
        raise PydanticCustomError("day_parsing", "is not a day written YYYY-MM-DD")
    return value


def _is_written(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise PydanticCustomError("timezone_aware", "needs a time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant", "is outside of all years in UTC") from None


def _utc_text(moment: datetime) -> str:
    # One spelling per instant, so that equal events have equal bytes.
    return moment.isoformat().replace("+00:00", "Z")


def _day_text(day: date) -> str:
    return day.isoformat()


Instant = Annotated[
    datetime,
    Field(strict=False, json_schema_extra={"pattern": RFC_3339}),
    BeforeValidator(_rfc_3339),
    AfterValidator(_in_utc),
    PlainSerializer(_utc_text, when_used="json"),
]
Day = Annotated[
    date,
    Field(strict=False, json_schema_extra={"pattern": FULL_DATE}),
    BeforeValidator(_full_date),
    PlainSerializer(_day_text, when_used="json"),
]

_TEN_DIGITS = re.compile(r"[0-9]{10}")


def _check_nhs_number(number: str) -> str:
    # NHS Data Dictionary: weights 10..2 on nine digits; 11 - (sum mod 11); 11 means 0, 10 invalid.
    if _TEN_DIGITS.fullmatch(number):
        total = sum(
            int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False)
        )
        if (11 - total % 11) % 11 == int(number[9]):
            return number
    raise PydanticCustomError("nhs_number", "is not a valid NHS number")


NhsNumber = Annotated[
    str, AfterValidator(_check_nhs_number), Field(json_schema_extra={"pattern": "^[0-9]{10}$"})
]
