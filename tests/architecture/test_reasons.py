"""A refusal says why, in one plain sentence."""

from concordat.agreements.reason import SENTENCES, Reason


def test_every_reason_has_one_plain_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
    for reason in Reason:
        sentence = reason.sentence
        assert sentence.endswith(".")
        assert sentence.count(".") == 1
        assert sentence[0].isupper()
        assert reason.value not in sentence
    assert len(set(SENTENCES.values())) == len(Reason)
