from pathlib import Path

from concordat.stack.kafka_properties import BrokerPorts, broker_properties, properties_text

PROPERTIES = broker_properties(BrokerPorts(21000, 21001), Path("/state/kafka/data"))


def test_clients_and_controller_have_their_own_port_on_this_machine_only() -> None:
    listeners = "PLAINTEXT://127.0.0.1:21000,CONTROLLER://127.0.0.1:21001"
    assert PROPERTIES["listeners"] == listeners
    assert PROPERTIES["advertised.listeners"] == listeners
    assert PROPERTIES["controller.quorum.bootstrap.servers"] == "127.0.0.1:21001"
    assert "controller.quorum.voters" not in PROPERTIES


def test_topics_are_never_created_by_a_misspelling() -> None:
    assert PROPERTIES["auto.create.topics.enable"] == "false"


def test_a_routed_record_of_sixteen_mebibytes_fits() -> None:
    for setting in ("message.max.bytes", "replica.fetch.max.bytes", "fetch.max.bytes"):
        assert int(PROPERTIES[setting]) >= 16 * 1024 * 1024
    assert int(PROPERTIES["socket.request.max.bytes"]) > 16 * 1024 * 1024


def test_the_offsets_segment_is_not_below_what_the_broker_accepts() -> None:
    assert int(PROPERTIES["offsets.topic.segment.bytes"]) >= 1024 * 1024


def test_properties_are_one_a_line_and_backslashes_are_escaped() -> None:
    assert properties_text({"a": "1", "log.dirs": "x\\y"}) == "a=1\nlog.dirs=x\\\\y\n"
