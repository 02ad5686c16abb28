"""What a fan-out must have come to: in the tables of deliver, and in what its readers got."""

from collections import defaultdict
from collections.abc import Sequence

from faults.findings import Findings
from faults.kill_deliver.cursor_readers import HttpReader, Reader
from faults.kill_deliver.fan_out import RECIPIENTS, FanOut, number_of
from faults.rig import Rig

PASSING = (200, 503)
"""A client asks again after a 503."""

_DELIVERIES = """
SELECT agency, seq, event_id, subject, arrived FROM concordat.delivery ORDER BY agency, seq
"""
_NUMBERS = """
SELECT agency, last_seq - (SELECT count(*) FROM concordat.delivery WHERE agency = i.agency)
    - (SELECT count(*) FROM concordat.stub WHERE agency = i.agency) AS missing
FROM concordat.inbox AS i
"""
_HELD = """
SELECT seq FROM concordat.delivery WHERE agency = $1 AND seq = ANY($2::bigint[])
UNION ALL SELECT seq FROM concordat.stub WHERE agency = $1 AND seq = ANY($2::bigint[])
"""


async def claim_delivered(findings: Findings, rig: Rig, fan_out: FanOut) -> None:
    """Claim that the inboxes hold each copy once, each case in its order, each number something."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    newest: defaultdict[tuple[str, str], int] = defaultdict(lambda: -1)
    rows = out_of_order = 0
    async with rig.superuser.acquire() as connection, connection.transaction():
        async for agency, _, event_id, case, arrived in connection.cursor(_DELIVERIES):
            number = number_of(event_id)
            rows += 1
            found[agency].add(number)
            if arrived is None:
                out_of_order += number < newest[agency, case]
                newest[agency, case] = number
    wanted = fan_out.wanted
    findings.least(fan_out.deliveries, deliveries=rows)
    findings.none(
        lost=sum(len(wanted[each] - found[each]) for each in RECIPIENTS),
        invented=sum(len(found[each] - wanted[each]) for each in RECIPIENTS),
        delivered_twice=rows - sum(map(len, found.values())),
        out_of_order=out_of_order,
        numbers_missing=sum(abs(row["missing"]) for row in await rig.ask(_NUMBERS)),
        repeats_taken_for_admissions=(await rig.ask("SELECT count(*) FROM concordat.repeat"))[0][0],
    )
    released = "SELECT count(*) FROM concordat.stub WHERE reason = 'RELEASED'"
    findings.least(1, released=(await rig.ask(released))[0][0])
    findings.figures.update(events=fan_out.events, routed_repeated=fan_out.repeated)


async def claim_read(
    findings: Findings, rig: Rig, fan_out: FanOut, readers: Sequence[Reader], rows: int
) -> None:
    """Claim that no reader ever passed a number that held something, and that each got all.

    `rows`: how many they must have read together at the least.
    """
    gaps = 0
    for reader in readers:
        gaps += len(await rig.ask(_HELD, reader.agency, list(reader.skipped)))
    findings.none(
        gaps_ever_seen=gaps,
        numbers_passed_by=sum(len(each.skipped) for each in readers),
        pages_that_went_back=sum(each.backward for each in readers),
        never_read=sum(len(fan_out.wanted[each.agency] - each.all_read) for each in readers),
        read_and_not_sent=sum(len(each.all_read - fan_out.wanted[each.agency]) for each in readers),
        read_twice=sum(count > 1 for each in readers for count in each.read.values()),
        calls_refused=sum(
            count
            for each in readers
            for status, count in each.answers.items()
            if status not in PASSING
        ),
    )
    http = [each for each in readers if isinstance(each, HttpReader)]
    findings.least(16, readers=len(readers))
    findings.least(8, readers_over_http=len(http))
    findings.least(1, stopped_numbers_seen=sum(each.stopped for each in readers))
    findings.least(
        len(readers), pages_that_ended_at_a_moving_end=sum(each.ended for each in readers)
    )
    findings.least(rows, rows_read=sum(each.read.total() for each in readers))
    findings.figures.update(
        rows_read_over_http=sum(each.read.total() for each in http),
        pages=sum(each.pages for each in readers),
        answers_503=sum(each.answers[503] for each in readers),
    )
