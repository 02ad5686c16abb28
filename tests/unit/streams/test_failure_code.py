"""What the log says of an error that ended a stage: a code, never a text of somebody else's."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from concordat.streams.faust_worker import _client_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KafkaException(KafkaError(KafkaError._TIMED_OUT)), "_TIMED_OUT"),
        (ValueError("a name of somebody"), ""),
        (ValueError(), ""),
        (KeyError(b"bytes"), ""),
    ],
)
def test_only_the_client_librarys_code_is_told(error: Exception, code: str) -> None:
    assert _client_code(error) == code
