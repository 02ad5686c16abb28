"""docker-compose.yml and the image: what they promise to whoever runs them."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from concordat.cli.prepare import PrepareSettings
from concordat.cli.target import _Addresses
from concordat.runtime.settings import Settings
from concordat.stack import postgres_server
from concordat.stack.exchange import SERVICES
from concordat.stack.kafka_properties import broker_properties
from concordat.stack.kafka_quorum import BrokerPorts

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)["services"]
DOCKERFILE = (ROOT / "deploy" / "images" / "Dockerfile").read_text(encoding="utf-8")
SERVERS = {"kafka": "apache/kafka:4.3.1", "postgres": "postgres:18"}
ONCE = {"prepare", "demo", "cli"}
OURS = {*SERVICES, *ONCE}
# Where a broker in a container listens, and where its data is: its own affair.
PLACES = {
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
    "controller.quorum.bootstrap.servers",
    "log.dirs",
}


def test_there_are_the_servers_every_service_and_what_runs_once() -> None:
    assert set(COMPOSE) == {*SERVERS, *OURS}


@pytest.mark.parametrize(("server", "image"), SERVERS.items())
def test_the_servers_are_the_official_images(server: str, image: str) -> None:
    assert COMPOSE[server]["image"] == image


def test_one_image_is_built_once_for_all_services() -> None:
    assert {COMPOSE[name]["image"] for name in OURS} == {"concordat:development"}
    assert [name for name in COMPOSE if "build" in COMPOSE[name]] == ["prepare"]
    build = COMPOSE["prepare"]["build"]
    assert (ROOT / build["context"] / build["dockerfile"]).is_file()
    assert build["args"] == {"BASE_IMAGE": "${BASE_IMAGE:-python:3.13-slim}"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_as_the_command_of_its_name(service: str) -> None:
    assert COMPOSE[service]["command"] == ["run", service]


@pytest.mark.parametrize("name", sorted(OURS))
def test_ours_can_write_nothing_but_a_temporary_folder_and_may_do_nothing_more(name: str) -> None:
    service = COMPOSE[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "user", "cap_add", "network_mode", "pid"} & set(service)


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_a_server_has_a_health_check(name: str) -> None:
    check = COMPOSE[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert "disable" not in check


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_keeps_the_health_check_of_the_image_and_what_ends_has_none(name: str) -> None:
    disabled = COMPOSE[name].get("healthcheck", {}).get("disable", False)
    assert disabled is (name in ONCE)


def test_everything_waits_until_what_it_needs_is_well() -> None:
    for name in SERVICES:
        needs = COMPOSE[name]["depends_on"]
        assert needs["prepare"] == {"condition": "service_completed_successfully"}
        assert needs["kafka"] == {"condition": "service_healthy"}
    for name in ("prepare", "deliver", "inbox"):
        assert COMPOSE[name]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    demo = COMPOSE["demo"]
    assert demo["profiles"] == ["demo"]
    assert demo["depends_on"] == {name: {"condition": "service_healthy"} for name in SERVICES}


def test_ports_are_published_on_this_machine_only() -> None:
    published = [port for service in COMPOSE.values() for port in service.get("ports", [])]
    assert len(published) == 3
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_is_one_that_the_command_reads(name: str) -> None:
    read = {
        "prepare": PrepareSettings.model_fields,
        "demo": {*_Addresses.model_fields, "state"},
        "cli": {*_Addresses.model_fields, "state"},
    }.get(name, Settings.model_fields)
    told = COMPOSE[name]["environment"]
    assert {variable.removeprefix("CONCORDAT_").lower() for variable in told} <= set(read)
    assert all(variable.startswith("CONCORDAT_") for variable in told)


@pytest.mark.parametrize(("name", "needs"), {"deliver": "deliver", "inbox": "api"}.items())
def test_a_service_gets_the_password_of_its_own_role_only(name: str, needs: str) -> None:
    assert f"//concordat_{needs}:" in COMPOSE[name]["environment"]["CONCORDAT_POSTGRES"]
    passwords = set(re.findall(r"CONCORDAT_[A-Z_]*PASSWORD", str(COMPOSE[name])))
    assert passwords == {f"CONCORDAT_{needs.upper()}_PASSWORD"}


@pytest.mark.parametrize("name", ["admit", "route"])
def test_a_stage_knows_no_database(name: str) -> None:
    assert "postgres" not in str(COMPOSE[name]["environment"]).lower()


def test_a_secret_has_the_same_default_wherever_it_stands() -> None:
    found: dict[str, set[str]] = {}
    for variable, default in re.findall(r"\$\{(CONCORDAT_\w+):-([^}]*)\}", TEXT):
        found.setdefault(variable, set()).add(default)
    assert len(found) == 6
    for variable, defaults in found.items():
        assert len(defaults) == 1, variable
        assert defaults.pop().endswith("-for-development")


def test_the_api_sees_public_keys_only_and_cannot_change_them() -> None:
    assert COMPOSE["inbox"]["volumes"] == ["keys:/keys:ro"]
    holders = {name for name in OURS if "state:/state" in COMPOSE[name].get("volumes", [])}
    assert holders == ONCE


def test_kafka_is_set_as_the_embedded_one() -> None:
    told = {_property(key): value for key, value in COMPOSE["kafka"]["environment"].items()}
    embedded = dict(broker_properties(BrokerPorts(1, 2), Path("data")))
    for place in PLACES:
        del embedded[place]
    assert {key: told.get(key) for key in embedded} == embedded


def test_postgres_is_set_as_the_embedded_one() -> None:
    server = COMPOSE["postgres"]
    told = {value for flag, value in pairwise(server["command"]) if flag == "-c"}
    embedded = {each for each in postgres_server._SETTINGS if "socket" not in each}
    assert told == embedded
    settings = server["environment"]
    assert settings["POSTGRES_INITDB_ARGS"] == "--encoding=UTF8 --no-locale"
    assert settings["POSTGRES_USER"] == postgres_server.SUPERUSER
    assert settings["POSTGRES_DB"] == postgres_server.DATABASE


def test_the_image_is_of_the_given_base_and_of_locked_packages() -> None:
    assert "ARG BASE_IMAGE=python:3.13-slim\n" in DOCKERFILE
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE_IMAGE}"] * 2
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_the_image_runs_our_command_as_nobody_in_particular_and_asks_for_its_health() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in final
    assert final.count("\nUSER ") == 1
    assert '\nENTRYPOINT ["concordat"]\n' in final
    assert re.search(r"\nHEALTHCHECK .*\n.*'/health/ready'", final)
    assert "CONCORDAT_PORT=8000 " in final
    assert "CONCORDAT_HEALTH_PORT=8000\n" in final


def _property(variable: str) -> Any:
    return variable.removeprefix("KAFKA_").lower().replace("_", ".")
