"""What is shown says the same as the rules: every rendering is read back and compared."""

import json
from pathlib import Path
from random import Random

import pytest

from concordat.agreements.checking.yaml_text import parse_yaml
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat.agreements.show.agreement import show_agreement
from concordat.agreements.show.as_html import as_html
from concordat.agreements.show.as_markdown import as_markdown
from concordat.agreements.show.as_text import as_text
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_parties
from concordat_events.catalogue import CATALOGUE
from unit.agreements.shown.blocks import Block, blocks_of
from unit.agreements.shown.draw import Plain, agencies_of, agreement_of
from unit.agreements.shown.from_blocks import rules_of
from unit.agreements.shown.from_html import blocks_from_html
from unit.agreements.shown.from_markdown import blocks_from_markdown
from unit.agreements.shown.from_plain import rules_of_plain
from unit.agreements.shown.from_text import blocks_from_text

COMMITTED = sorted((CONTRACTS / "agreements").glob("*.yaml"))
ROUNDS = 25


def _read_back(document: Plain, agencies: dict[str, Agency]) -> list[Block]:
    """The blocks that every rendering shows: the same ones."""
    sheet = show_agreement(Agreement.model_validate_json(json.dumps(document)), agencies, CATALOGUE)
    blocks = blocks_of(sheet)
    assert blocks_from_html(as_html(sheet)) == blocks
    assert blocks_from_markdown(as_markdown(sheet)) == blocks
    assert blocks_from_text(as_text(sheet)) == blocks
    return blocks_from_text(as_text(sheet))


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.stem)
@pytest.mark.parametrize("named", [True, False], ids=["with names", "without"])
def test_a_committed_agreement_is_shown_as_it_is(file: Path, named: bool) -> None:
    document = parse_yaml(file.read_text("utf-8")).data
    blocks = _read_back(document, load_parties(CONTRACTS).agencies if named else {})
    assert rules_of(blocks) == rules_of_plain(document, CATALOGUE)


@pytest.mark.parametrize("seed", range(8))
def test_any_agreement_is_shown_as_it_is(seed: int) -> None:
    random = Random(seed)
    for _ in range(ROUNDS):
        document = agreement_of(random)
        blocks = _read_back(document, agencies_of(random))
        assert rules_of(blocks) == rules_of_plain(document, CATALOGUE)
