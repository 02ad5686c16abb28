"""What is wrong with an input, said without repeating any of it."""

from dataclasses import dataclass
from enum import StrEnum


class FaultCode(StrEnum):
    """Why an event is refused; stable, for programs."""

    CONTENT_TYPE = "CONTENT_TYPE"
    EMPTY = "EMPTY"
    TOO_LARGE = "TOO_LARGE"
    NOT_UTF8 = "NOT_UTF8"
    NOT_JSON = "NOT_JSON"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    MISSING = "MISSING"
    UNDECLARED = "UNDECLARED"
    WRONG_TYPE = "WRONG_TYPE"
    WRONG_VALUE = "WRONG_VALUE"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    WRONG_SOURCE = "WRONG_SOURCE"
    WRONG_KEY = "WRONG_KEY"
    UNKNOWN_AGENCY = "UNKNOWN_AGENCY"
    AND_MORE = "AND_MORE"


MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `path` names declared fields only, `message` is one plain sentence.

    Neither repeats a value or an undeclared name: either could be somebody's personal data.
    """

    code: FaultCode
    path: str
    message: str


class InvalidEvent(ValueError):
    """The bytes are not an event that the exchange accepts; `faults` names every reason.

    Beyond 100 the last one says how many more there are, so that the answer stays readable.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        if len(faults) > MOST_FAULTS:
            more = Fault(FaultCode.AND_MORE, "", f"and {len(faults) - MOST_FAULTS} more faults")
            faults = (*faults[:MOST_FAULTS], more)
        super().__init__("; ".join(f"{fault.code} {fault.path}" for fault in faults))
        self.faults = faults
