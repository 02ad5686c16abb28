"""POST /v1/notices: a controller stops its own pairs of an agreement, or lets them go on."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from concordat.agreements.document import Agreement
from concordat.agreements.entries import notice_entry
from concordat.agreements.notice import Notice, Pair
from concordat.agreements.register import Register
from concordat.agreements.stopping import pairs_of
from concordat.inbox.authentication import Caller
from concordat.inbox.dependencies import Dependencies, Needs
from concordat.inbox.invalid_input import problem_of
from concordat.inbox.problems import ProblemFound, described, invalid, unavailable
from concordat.inbox.request_body import JSON, media_type_of, read_body
from concordat.kafka.register_log import RegisterRecord
from concordat.kafka.register_writer import RegisterNotWritten
from concordat.runtime.logs import get_logger
from concordat_events.fields import Instant

PATH = "/v1/notices"
MAX_BYTES = 64 * 1024
ADMITTED_WITHIN_SECONDS = 3.0
_LOOK_SECONDS = 0.02

router = APIRouter()
log = get_logger(__name__)


class NoticeSubmission(BaseModel):
    """A notice, and its controller's detached JWS over the RFC 8785 form of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    notice: Notice
    signature: Annotated[str, Field(max_length=1000)]


class RegisteredNotice(BaseModel):
    """The notice as it is known on the register, and the pairs of its controller it speaks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    agreement: str
    version: int
    action: str
    recorded_at: Instant
    pairs: list[Pair]


@router.post(
    PATH,
    status_code=201,
    summary="Suspend, withdraw or resume",
    responses=described(401, 403, 413, 415, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/NoticeSubmission"}}},
        }
    },
)
async def publish_notice(caller: Caller, request: Request, needs: Needs) -> RegisteredNotice:
    """Register a signed notice of the controller behind the caller; nobody else is asked.

    201 once it is durable and the register has admitted it: from then on every inbox and routing
    heed it within a second. Sending it again changes nothing and is answered alike. 403 when it is
    another controller's. 422 with the reason when the register would refuse it, for a stop that
    leaves out a higher version (that one would begin where this one stops), and for a pair between
    which nothing goes.
    """
    media_type_of(request, [JSON])
    submission = _submission(await read_body(request, MAX_BYTES))
    notice, register = submission.notice, needs.book_now().register
    if register.controller_of(caller) != notice.controller:
        raise ProblemFound(403, "A notice comes from an agency of the controller that signed it.")
    record = _record(submission)
    known = register.admitted.get(record.key)
    if known is None and (why := register.why_refused(record.key, record.value, needs.clock())):
        raise invalid("NOTICE_REFUSED", "notice", why)
    if known is None:
        _check_that_it_stops(notice, register)
    recorded_at = known.recorded_at if known else await _write(record, needs)
    log.info("notice", agreement=notice.agreement, version=notice.version, code=notice.action)
    return RegisteredNotice(
        digest=notice.digest(),
        agreement=notice.agreement,
        version=notice.version,
        action=notice.action,
        recorded_at=recorded_at,
        pairs=[
            Pair(publisher=publisher, recipient=recipient)
            for publisher, recipient in pairs_of(register, notice)
        ],
    )


def _submission(body: bytes) -> NoticeSubmission:
    try:
        return NoticeSubmission.model_validate_json(body)
    except ValidationError as error:
        raise problem_of(error.errors(include_url=False, include_input=False)) from None


def _record(submission: NoticeSubmission) -> RegisterRecord:
    """What is written is the notice that was read, never the bytes that were received."""
    return RegisterRecord(*notice_entry(submission.notice, submission.signature))


def _check_that_it_stops(notice: Notice, register: Register) -> None:
    """Refuse a stop that the register would take and that stops less than its signer may think."""
    versions = register.agreements.get(notice.agreement, {})
    highest = max(versions, default=0)
    if notice.action != "resume" and notice.version < highest:
        message = f"leaves out version {highest}; a stop names the highest version there is"
        raise invalid("NOT_THE_HIGHEST_VERSION", "notice.version", message)
    for number, pair in enumerate(notice.pairs):
        if not any(_goes(agreement, pair) for agreement in versions.values()):
            message = "is a pair between which nothing goes in this direction"
            raise invalid("NO_SUCH_PAIR", f"notice.pairs.{number}", message)


def _goes(agreement: Agreement, pair: Pair) -> bool:
    return any(
        pair.publisher in share.from_ and pair.recipient in agreement.recipients(share)
        for share in agreement.shares
    )


async def _write(record: RegisterRecord, needs: Dependencies) -> Instant:
    try:
        recorded_at = await needs.register.write(record)
    except RegisterNotWritten:
        raise unavailable("The register cannot be written now; send the same again.") from None
    # The register judges by its own clock: between the question and the record a key may end.
    deadline = asyncio.get_running_loop().time() + ADMITTED_WITHIN_SECONDS
    while record.key not in needs.feed.book.register.admitted:
        if asyncio.get_running_loop().time() > deadline:
            raise unavailable("The register has not admitted the notice yet; send the same again.")
        await asyncio.sleep(_LOOK_SECONDS)
    return recorded_at
