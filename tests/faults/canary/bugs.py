"""Ways to let contents out, each planted to see that it is found."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from concordat.agreements.document import Agreement, Share
from concordat.inbox import invalid_input
from concordat.inbox.problems import ProblemError
from concordat.runtime.logs import get_logger
from concordat.stages import admit
from concordat.stages.dead_letter import dead_letter
from concordat.stages.record import Output, Record
from concordat.streams.loop import StageLoop
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves

Plant = Callable[[pytest.MonkeyPatch], None]


def contents_logged(patch: pytest.MonkeyPatch) -> None:
    """A log line under an allowed name that holds what was written."""
    produce = StageLoop._produce

    def and_log(loop: StageLoop, outputs: Sequence[Output]) -> None:
        for each in outputs:
            get_logger("planted").debug("wrote", code=each.value.decode("utf-8", "replace"))
        produce(loop, outputs)

    patch.setattr(StageLoop, "_produce", and_log)


def receipt_repeats_input(patch: pytest.MonkeyPatch) -> None:
    """A receipt with what was refused."""
    receipt = admit._receipt

    def repeating(record: Record, *given: Any) -> Output:
        made = receipt(record, *given)
        return made._replace(value=made.value + (record.value or b""))

    patch.setattr(admit, "_receipt", repeating)


def dead_letter_repeats_input(patch: pytest.MonkeyPatch) -> None:
    """A dead letter under the key of the record that it is about."""

    def repeating(topic: str, stage: str, record: Record, reason: str) -> Output:
        made = dead_letter(topic, stage, record, reason)
        return made._replace(value=made.value + (record.value or b""))

    patch.setattr(admit, "dead_letter", repeating)


def error_repeats_value(patch: pytest.MonkeyPatch) -> None:
    """An error answer with the value that is wrong."""
    error = invalid_input._error

    def repeating(detail: Mapping[str, Any]) -> ProblemError:
        made = error(detail)
        return made.model_copy(update={"message": f"{made.message}: {detail.get('input')}"})

    patch.setattr(invalid_input, "_error", repeating)


def one_more_field(patch: pytest.MonkeyPatch) -> None:
    """A view that lets one more field through."""
    sent = Agreement.sent

    def and_one(agreement: Agreement, share: Share) -> frozenset[str]:
        names = sent(agreement, share)
        others = (leaf.path for leaf in leaves(CATALOGUE[share.event]).values())
        return names.union(sorted(set(others) - names)[-1:])

    patch.setattr(Agreement, "sent", and_one)


BUGS: Mapping[str, Plant] = {
    each.__name__.replace("_", "-"): each
    for each in (
        contents_logged,
        receipt_repeats_input,
        dead_letter_repeats_input,
        error_repeats_value,
        one_more_field,
    )
}
