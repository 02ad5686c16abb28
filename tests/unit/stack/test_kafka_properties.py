from pathlib import Path

from concordat.stack.kafka_properties import broker_properties, properties_text
from concordat.stack.kafka_quorum import BrokerPorts, Member, Quorum

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


def test_three_brokers_have_all_records_each_and_acknowledge_by_two() -> None:
    quorum = Quorum.of(*(BrokerPorts(21000 + each, 22000 + each) for each in range(3)))
    members = [Member(number, quorum) for number in quorum.ports]
    each = [broker_properties(member.ports, Path("/data"), member) for member in members]
    assert [properties["node.id"] for properties in each] == ["1", "2", "3"]
    controllers = "127.0.0.1:22000,127.0.0.1:22001,127.0.0.1:22002"
    for properties in each:
        assert properties["controller.quorum.bootstrap.servers"] == controllers
        assert properties["default.replication.factor"] == "3"
        assert properties["offsets.topic.replication.factor"] == "3"
        assert properties["min.insync.replicas"] == "2"
        assert properties["unclean.leader.election.enable"] == "false"
        # What their controllers wait before one of them leads, and then for a broker that is gone.
        assert int(properties["controller.quorum.fetch.timeout.ms"]) == 1000
        assert int(properties["broker.session.timeout.ms"]) == 2000
    assert len(set(quorum.storages.values())) == 3
    assert quorum.initial_controllers.startswith(f"1@127.0.0.1:22000:{quorum.storages[1]},2@")


def test_a_broker_that_is_alone_waits_for_no_other() -> None:
    for setting, value in PROPERTIES.items():
        if setting.endswith((".replication.factor", ".min.isr", ".insync.replicas")):
            assert value == "1", setting
