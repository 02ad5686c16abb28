import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.inbox.cursor import MAX_SEQ, Cursor, NotACursor, read_cursor

GENERATIONS = st.from_regex(r"[!-~]{1,100}", fullmatch=True)


@given(GENERATIONS, st.integers(0, MAX_SEQ))
def test_a_cursor_is_read_as_it_was_written(generation: str, seq: int) -> None:
    cursor = Cursor(generation, seq)
    assert read_cursor(str(cursor)) == cursor
    assert str(cursor).replace("-", "a").replace("_", "a").isalnum()


@given(st.text(max_size=300))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with suppress(NotACursor):
        assert str(read_cursor(text)) == text


@pytest.mark.parametrize(
    "content", [b"", b"1", b".g", b"-1.g", b"01.g", b"9223372036854775808.g", b"1.", b"1.\x00"]
)
def test_what_no_inbox_issues_is_no_cursor(content: bytes) -> None:
    text = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    with pytest.raises(NotACursor):
        read_cursor(text)


def test_a_cursor_has_one_spelling() -> None:
    text = str(Cursor("gg", 1))  # four bytes: the last character has bits to spare
    assert base64.urlsafe_b64decode(text[:-1] + "x==") == b"1.gg"
    with pytest.raises(NotACursor):
        read_cursor(text[:-1] + "x")
    with pytest.raises(NotACursor):
        read_cursor(text + "==")
