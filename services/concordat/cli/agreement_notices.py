"""`concordat agreements suspend|withdraw|resume`: a controller's word on its own pairs.

The notice is signed here and posted to the API as an agency of the controller: no operator is
asked. Where CONCORDAT_TOKEN, --version (and to resume, --notice) are given, no Kafka is needed.
"""

import asyncio
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from concordat.agreements.notice import Notice
from concordat.agreements.register import Register
from concordat.agreements.signature import sign
from concordat.agreements.stop import Stop
from concordat.agreements.stopping import open_suspensions, pairs_of, still_awaited
from concordat.cli.console import NEGATIVE, USAGE, fail, put, put_json, say
from concordat.cli.signing_key import ControllerOption, KeyOption, private_key_of
from concordat.cli.target import JsonOption, StateOption, Target, answer_of, find_target
from concordat.kafka.register_log import RegisterLog
from concordat.runtime.clock import system_clock

AgreementArgument = Annotated[str, typer.Argument(help="The agreement's id.")]
BecauseOption = Annotated[str, typer.Option("--because", help="The reason; everybody reads it.")]
VersionOption = Annotated[
    int | None,
    typer.Option("--version", help="This version and every lower one; the highest registered."),
]
PairOption = Annotated[
    list[str] | None,
    typer.Option("--pair", help="PUBLISHER/RECIPIENT; may be repeated. All of them, without."),
]

Answer = dict[str, Any]


def suspend(
    agreement: AgreementArgument,
    controller: ControllerOption,
    because: BecauseOption,
    version: VersionOption = None,
    pair: PairOption = None,
    key: KeyOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Stop the controller's pairs at once, until both sides of each say `resume`."""
    speaker = _Speaker(find_target(state), controller, key)
    _tell([_stop(speaker, "suspend", agreement, because, version, pair)], json=json)


def withdraw(
    agreement: AgreementArgument,
    controller: ControllerOption,
    because: BecauseOption,
    version: VersionOption = None,
    pair: PairOption = None,
    key: KeyOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """End the controller's pairs at once and for good: only a higher version begins anew."""
    speaker = _Speaker(find_target(state), controller, key)
    _tell([_stop(speaker, "withdraw", agreement, because, version, pair)], json=json)


def resume(
    agreement: AgreementArgument,
    controller: ControllerOption,
    because: BecauseOption,
    notice: Annotated[
        str | None,
        typer.Option("--notice", help="The suspension's digest; all open ones, without."),
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", help="The suspension's version, with --notice.")
    ] = None,
    pair: PairOption = None,
    key: KeyOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say that a suspension is over. A pair flows again once both its controllers have said so."""
    if version is not None and notice is None:
        fail("--version goes with --notice", USAGE)
    speaker = _Speaker(find_target(state), controller, key)
    ended = (
        [(notice, version, None)]
        if notice is not None and version is not None
        else [
            (stop.digest, stop.notice.version, stop)
            for stop in _to_resume(speaker, agreement, notice)
        ]
    )
    answers = []
    for digest, number, stop in ended:
        answer = speaker.say(
            agreement, number, action="resume", because=because, pairs=pair, resumes=digest
        )
        answers.append(answer | {"resumes": digest} | _outcome(speaker, stop, answer))
    _tell(answers, json=json)


@dataclass
class _Speaker:
    """Who speaks, and where."""

    target: Target
    controller: str
    key: Path | None

    @cached_property
    def register(self) -> Register:
        """The register of the running stack, read once and only if needed."""
        return asyncio.run(RegisterLog(self.target.kafka, self.target.topics).read())

    @cached_property
    def agency(self) -> str:
        """An agency of the controller, to post as; a token that is given names its own."""
        if self.target.addresses.token:
            return ""
        own = [
            agency.id
            for agency in self.register.agencies.values()
            if agency.controller == self.controller
        ]
        if not own:
            fail(f"{self.controller} is behind no registered agency", NEGATIVE)
        return min(own)

    def say(self, agreement: str, version: int, *, because: str, **changes: Any) -> Answer:
        """Sign the notice and post it; return the API's answer, or end the command."""
        content = {
            "schema": "concordat/notice/v1",
            "agreement": agreement,
            "version": version,
            "action": changes["action"],
            "controller": self.controller,
            "at": system_clock(),
            "reason": because,
            "pairs": [_pair(text) for text in changes.get("pairs") or ()],
            "resumes": changes.get("resumes"),
        }
        try:
            notice = Notice.model_validate(content)
        except ValidationError as error:
            fail("\n".join(_faults(error)), USAGE)
        private = private_key_of(self.target, self.controller, self.key)
        body = {
            "notice": notice.model_dump(mode="json", exclude_defaults=True),
            "signature": sign(notice.canonical(), private),
        }
        with self.target.http(self.agency) as client:
            answer: Answer = answer_of(client.post("/v1/notices", json=body))
        return answer


def _stop(
    speaker: _Speaker,
    action: str,
    agreement: str,
    because: str,
    version: int | None,
    pairs: list[str] | None,
) -> Answer:
    if version is None:
        versions = speaker.register.agreements.get(agreement)
        if not versions:
            fail(f"no version of {agreement} is registered", NEGATIVE)
        version = max(versions)
    return speaker.say(agreement, version, because=because, action=action, pairs=pairs)


def _to_resume(speaker: _Speaker, agreement: str, digest: str | None) -> list[Stop]:
    found = [
        stop
        for stop in open_suspensions(speaker.register, agreement, speaker.controller)
        if digest is None or stop.digest == digest
    ]
    if not found:
        which = f"{digest} is no" if digest else "there is no"
        fail(f"{which} suspension that {speaker.controller} could still end", NEGATIVE)
    return found


def _outcome(speaker: _Speaker, stop: Stop | None, answer: Answer) -> Answer:
    """The pairs that the suspension stops and this ends; who must still say so, where known."""
    if stop is None:
        return {"awaited": None}
    stopped = pairs_of(speaker.register, stop.notice)
    pairs = [each for each in answer["pairs"] if (each["publisher"], each["recipient"]) in stopped]
    awaited = {
        other
        for each in pairs
        for other in still_awaited(speaker.register, stop, each["publisher"], each["recipient"])
    }
    return {"pairs": pairs, "awaited": sorted(awaited - {speaker.controller})}


def _pair(text: str) -> dict[str, str]:
    publisher, slash, recipient = text.partition("/")
    if not slash:
        fail(f"a pair is written PUBLISHER/RECIPIENT, not {text!r}", USAGE)
    return {"publisher": publisher, "recipient": recipient}


def _faults(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(step) for step in detail['loc'])}: {detail['msg'][:1].lower()}"
        f"{detail['msg'][1:]}"
        for detail in error.errors(include_url=False, include_input=False)
    ]


def _tell(answers: list[Answer], *, json: bool) -> None:
    if json:
        put_json({"notices": answers})
        return
    for answer in answers:
        put(f"{answer['action']} {answer['agreement']}, up to version {answer['version']}")
        put(f"notice {answer['digest']} since {answer['recorded_at']}")
        for pair in answer["pairs"]:
            put(f"  {pair['publisher']} -> {pair['recipient']}")
        if not answer["pairs"]:
            put("  no pair of its own: what counts is its word for the shares of others")
        if answer.get("awaited"):
            say(f"still stopped until said by {', '.join(answer['awaited'])} as well")
