"""`concordat contracts …`: the generated part of contracts/, from the models that stand for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import typer
from pydantic import BaseModel, create_model
from pydantic.json_schema import GenerateJsonSchema

from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.parties import Agency, Controller
from concordat.cli.agreement_schema import with_closed_lists
from concordat.cli.console import NEGATIVE, put, say
from concordat.cli.topics import ContractsOption
from concordat.inbox.app import create_app
from concordat.runtime.settings import CONTRACTS
from concordat_events.catalogue import CATALOGUE
from concordat_events.delivery import Delivery
from concordat_events.envelope import Event, ReceivedEvent
from concordat_events.receipt import RECEIPT_TYPE, Receipt

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EVENTS = PurePosixPath("events")
DOCUMENTS: Mapping[str, type[BaseModel]] = {
    "controller": Controller,
    "agency": Agency,
    "notice": Notice,
}
OPENAPI = PurePosixPath("http/openapi.json")
SUFFIX = ".schema.json"
AGREEMENT = PurePosixPath("agreement" + SUFFIX)

app = typer.Typer(no_args_is_help=True, help="Generate schemas and the API description.")


class _Untitled(GenerateJsonSchema):
    """A property's name is title enough."""

    schema_dialect = DIALECT

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Stale:
    """One generated file that is not as the models say."""

    path: PurePosixPath
    state: str

    def __str__(self) -> str:
        return f"{self.path}: {self.state}"


def schemas() -> Mapping[PurePosixPath, str]:
    """Return the text of every generated file by its path within contracts/."""
    # An envelope's data has a schema of its own.
    envelope = create_model(
        "Event", __base__=ReceivedEvent, __doc__=Event.__doc__, data=(dict[str, Any], ...)
    )
    generated = {
        **{kind: _schema(kind, model) for kind, model in CATALOGUE.items()},
        "concordat.event.v1": _schema("concordat.event.v1", envelope),
        "concordat.delivery.v1": _written("concordat.delivery.v1", Delivery),
        RECEIPT_TYPE: _written(RECEIPT_TYPE, Receipt),
    }
    documents = {EVENTS / (name + SUFFIX): schema for name, schema in generated.items()}
    documents |= {
        PurePosixPath(name + SUFFIX): _schema(name, model) for name, model in DOCUMENTS.items()
    }
    documents[AGREEMENT] = with_closed_lists(_schema("agreement", Agreement), CATALOGUE)
    documents[OPENAPI] = create_app().openapi()
    return {path: _text(document) for path, document in documents.items()}


def stale_files(folder: Path, wanted: Mapping[PurePosixPath, str]) -> list[Stale]:
    """Name every file of `folder` that is missing, differs from `wanted`, or is not in it."""
    found = [
        Stale(path, "missing" if not (folder / path).is_file() else "not as the models say")
        for path, text in wanted.items()
        if not (folder / path).is_file() or (folder / path).read_text(encoding="utf-8") != text
    ]
    return found + [Stale(path, "generated from nothing") for path in _orphans(folder, wanted)]


def write_files(folder: Path, wanted: Mapping[PurePosixPath, str]) -> list[PurePosixPath]:
    """Make `folder` hold `wanted` and no other schema; return the paths that changed."""
    changed = [stale.path for stale in stale_files(folder, wanted)]
    for path in changed:
        if path not in wanted:
            (folder / path).unlink()
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(wanted[path], encoding="utf-8")
    return changed


@app.command()
def generate(contracts: ContractsOption = CONTRACTS) -> None:
    """Write the schemas and the API description as the models say; name what changed."""
    changed = write_files(contracts, schemas())
    for path in changed:
        put(str(path))
    say(f"{len(changed)} files changed")


@app.command()
def check(contracts: ContractsOption = CONTRACTS) -> None:
    """Name every generated file that is not as the models say; exit 1 when there is one."""
    stale = stale_files(contracts, schemas())
    for each in stale:
        put(str(each))
    say(f"{len(stale)} stale files")
    if stale:
        raise typer.Exit(NEGATIVE)


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    body = model.model_json_schema(mode="validation", schema_generator=_Untitled)
    return {"$schema": DIALECT, "$id": name + SUFFIX, **body, "title": name}


def _written(name: str, model: type[BaseModel]) -> dict[str, Any]:
    """The exchange writes every key of its own documents, except those that would be null."""
    always = [key for key, field in model.model_fields.items() if field.default is not None]
    return {**_schema(name, model), "required": always}


def _orphans(folder: Path, wanted: Mapping[PurePosixPath, str]) -> list[PurePosixPath]:
    present = [
        *sorted(folder.glob(f"*{SUFFIX}")),
        *sorted((folder / EVENTS).glob(f"*{SUFFIX}")),
        *sorted((folder / OPENAPI.parent).glob("*.json")),
    ]
    paths = [PurePosixPath(each.relative_to(folder).as_posix()) for each in present]
    return [path for path in paths if path not in wanted]


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
