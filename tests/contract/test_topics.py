from typing import Any

import pytest

from concordat.kafka.topics import Topics
from concordat.kafka.topics_file import direct_agencies, read_topics_file, topic_plans
from concordat.runtime.settings import CONTRACTS
from concordat_events.envelope import MAX_BYTES
from contract.folder import agreement, contracts, topic_entries
from contract.topic_rules import KEYS, entry_faults, retention_ms

ENTRIES = {entry["name"]: entry for entry in topic_entries()}
GOOD: dict[str, Any] = {
    "name": "outbox.<agency>",
    "owner": "somebody",
    "writer": "somebody",
    "readers": ["somebody"],
    "key": "case",
    "partitions": 6,
    "replication": 1,
    "retention": "30 days",
    "config": {"retention.ms": "2592000000", "message.timestamp.type": "LogAppendTime"},
    "why": "Somebody needs it.",
}


@pytest.mark.parametrize("name", ENTRIES)
def test_every_topic_says_who_what_how_long_and_why(name: str) -> None:
    assert entry_faults(ENTRIES[name]) == []


def test_the_file_names_every_topic_of_the_exchange_and_no_other() -> None:
    topics, agencies = Topics(), contracts().agencies
    direct = direct_agencies(contracts().agreements)
    plans = topic_plans(read_topics_file(CONTRACTS / "topics.yaml"), agencies, direct=direct)
    names = [plan.name for plan in plans]
    assert len(names) == len(set(names))
    assert set(names) == {
        *(topics.incidents, topics.routed, topics.register, topics.dead_letters),
        *(topics.outbox(agency) for agency in agencies),
        *(topics.receipts(agency) for agency in agencies),
        *(topics.inbox(agency) for agency in direct),
    }


def test_only_an_agency_that_an_agreement_names_direct_has_a_topic_for_its_inbox() -> None:
    written = agreement("worcestershire-domestic-abuse")
    parties = written.parties | {
        "womens-aid": written.parties["womens-aid"].model_copy(update={"direct": True})
    }
    changed = written.model_copy(update={"parties": parties})
    file = read_topics_file(CONTRACTS / "topics.yaml")
    agencies = contracts().agencies
    without = topic_plans(file, agencies, "a.", direct=direct_agencies([written]))
    direct = topic_plans(file, agencies, "a.", direct=direct_agencies([written, changed, changed]))
    (more,) = [plan for plan in direct if plan not in without]
    assert len(direct) == len(without) + 1
    assert more.name == Topics("a.").inbox("womens-aid")
    assert more.config == ENTRIES["inbox.<direct>"]["config"]
    assert not any(".inbox." in plan.name for plan in without)


def test_no_compressed_batch_can_grow_beyond_what_an_outbox_stores() -> None:
    config = ENTRIES["outbox.<agency>"]["config"]
    assert config["compression.type"] == "uncompressed"
    assert MAX_BYTES < int(config["max.message.bytes"]) == 1024 * 1024


def test_a_decision_with_all_its_deliveries_fits_into_one_record() -> None:
    assert int(ENTRIES["routed"]["config"]["max.message.bytes"]) == 16 * 1024 * 1024


def test_what_is_given_to_an_agency_is_kept_for_it_like_its_receipts() -> None:
    given, told = ENTRIES["inbox.<direct>"], ENTRIES["receipts.<agency>"]
    assert given["config"] == told["config"]
    assert given["readers"] == told["readers"] == ["the agency"]
    assert int(given["config"]["max.message.bytes"]) > MAX_BYTES


def test_the_register_forgets_nothing_and_has_one_order() -> None:
    entry = ENTRIES["register"]
    assert entry["partitions"] == 1
    assert entry["config"]["cleanup.policy"] == "delete"
    assert (entry["config"]["retention.ms"], entry["config"]["retention.bytes"]) == ("-1", "-1")


def test_a_case_keeps_its_order_because_every_step_is_keyed_by_it() -> None:
    steps = ("outbox.<agency>", "incidents", "routed", "inbox.<direct>")
    assert {ENTRIES[step]["key"] for step in steps} == {"case"}


def test_a_complete_entry_has_no_fault() -> None:
    assert entry_faults(GOOD) == []


@pytest.mark.parametrize("key", KEYS)
def test_an_entry_without_one_of_its_keys_is_found(key: str) -> None:
    assert entry_faults({**GOOD, key: None}) == [f"{key} is missing or empty"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "dead_letters"},
        {"name": "outbox.<controller>"},
        {"name": "inbox.<direct>-<controller>"},
        {"name": "Outbox"},
        {"retention": "31 days"},
        {"retention": "a while"},
        {"config": {**GOOD["config"], "retention.ms": "-1"}},
        {"config": {**GOOD["config"], "message.timestamp.type": "CreateTime"}},
        {"config": {"retention.ms": "2592000000"}},
        {"config": {**GOOD["config"], "max.message.bytes": 1048576}},
        {"why": "Because"},
    ],
)
def test_an_entry_that_breaks_a_rule_is_found(change: dict[str, Any]) -> None:
    assert len(entry_faults({**GOOD, **change})) == 1


def test_retention_in_words_is_the_brokers_milliseconds() -> None:
    assert retention_ms("1 days") == "86400000"
    assert retention_ms("for ever") == "-1"
    assert retention_ms("forever") is None
