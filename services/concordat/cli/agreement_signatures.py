"""`concordat agreements signatures`: who has signed what, who is awaited, what was refused."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

import typer

from concordat.agreements.day import london_day, rfc3339
from concordat.agreements.signing_report import (
    AgreementReport,
    NoticeReport,
    VersionReport,
    report_on,
)
from concordat.cli.console import NEGATIVE, fail, put, put_json, say
from concordat.cli.target import JsonOption, StateOption, find_target
from concordat.kafka.register_log import RegisterLog
from concordat.runtime.clock import system_clock


def signatures(
    agreement: Annotated[
        str | None, typer.Argument(help="The agreement's id; all of them, without.")
    ] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say for each version who has signed it, when and with which key, and who is awaited.

    Also every notice, and what the register refused about the agreement, with the reasons.
    """
    target, today = find_target(state), london_day(system_clock())
    register = asyncio.run(RegisterLog(target.kafka, target.topics).read())
    known = sorted({*register.agreements, *register.unreadable})
    reports = [
        report
        for each in ([agreement] if agreement else known)
        if (report := report_on(register, each, today)) is not None
    ]
    if agreement and not reports:
        fail(f"no version of {agreement} is registered", NEGATIVE)
    other = sum(not record.agreement for record in register.refused)
    if json:
        put_json({"agreements": [_plain(asdict(each)) for each in reports], "other_refused": other})
        return
    for report in reports:
        for line in _lines(report, today):
            put(line)
    if other and not agreement:
        say(f"{other} records were refused that are about no registered agreement")


def _lines(report: AgreementReport, today: date) -> Iterator[str]:
    yield report.agreement
    for version in report.versions:
        yield from _version(version)
    for number in report.unreadable:
        yield f"  version {number}  cannot be read: it stops every pair under a lower version"
    for notice in report.notices:
        yield from _notice(notice)
    for gap in report.gaps:
        yield f"  warning: {gap.sentence(today)}"
    for record in report.refused:
        yield f"  refused {record.kind} of {rfc3339(record.recorded_at)}: {record.why}"


def _version(version: VersionReport) -> Iterator[str]:
    yield f"  version {version.version}  {version.starts} to {version.ends}  {version.digest}"
    for each in version.signed:
        when = f"  {rfc3339(each.recorded_at)}  {each.kid}" if each.recorded_at else ""
        yield f"    signed   {each.controller}{when}"
    for controller in version.awaited:
        yield f"    awaited  {controller}"


def _notice(notice: NoticeReport) -> Iterator[str]:
    when = rfc3339(notice.recorded_at) if notice.recorded_at else ""
    yield f"  {notice.action} by {notice.controller}  {when}  up to version {notice.version}"
    yield f"    {notice.digest}: {notice.reason}"
    for state, pairs in (("stopped", notice.stopped), ("resumed", notice.resumed)):
        for publisher, recipient in pairs:
            yield f"    {state}  {publisher} -> {recipient}"


def _plain(value: Any) -> Any:
    """Days and instants as text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value
