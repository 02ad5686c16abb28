"""The errors of Postgres and Kafka that may pass."""

import asyncpg
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException

# They may pass, and leave it open whether the batch was stored: the position is read again.
PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says when a session ends between two messages
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    KafkaError,
    KafkaException,
    OSError,
    TimeoutError,
)
