"""`concordat recover`: the whole exchange goes on after a loss; nothing is skipped for it."""

import asyncio
from dataclasses import replace

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from concordat.deliver.recover import Losses, open_recovery
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.streams.groups import group_of

_ASK_SECONDS = 30.0
_SAID = "the operator says that the database was restored"


class StageActive(RuntimeError):
    """A stage would go on from where it was."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"{stage} is running: stop it first")


async def find_losses(dsn: str, kafka: str, topics: Topics) -> Losses:
    """Return what is lost; raises `WriterActive` while a process delivers."""
    async with open_recovery(dsn, kafka, topics) as recovery:
        return await recovery.find()


async def recover(dsn: str, kafka: str, topics: Topics, *, restored: bool = False) -> Losses:
    """Mend what is lost and return it; `restored`: the database, whether or not it shows.

    Of a log that is gone, nobody knows what it held that was not handed on: the stage that writes
    it reads its input from the start again, and repeats have no effect. Raises `WriterActive` and
    `StageActive` before anything has changed.
    """
    async with open_recovery(dsn, kafka, topics) as recovery:
        losses = await recovery.find()
        if restored and losses.database is None:
            losses = replace(losses, database=_SAID)
        for stage in _stages(losses):
            await asyncio.to_thread(_read_again, admin_client(kafka), stage, topics)
        if losses.sentences:
            await recovery.mend(losses)
        return losses


def _stages(losses: Losses) -> list[str]:
    """The stages that write what is lost, and those behind them."""
    if losses.incidents is not None:
        return ["admit", "route"]
    return ["route"] if losses.routed is not None else []


def _read_again(admin: AdminClient, stage: str, topics: Topics) -> None:
    group = group_of(stage, topics)
    deleted = admin.delete_consumer_groups([group], request_timeout=_ASK_SECONDS)[group]
    try:
        deleted.result(_ASK_SECONDS)
    except KafkaException as error:
        code = error.args[0].code()
        if code == KafkaError.NON_EMPTY_GROUP:
            raise StageActive(stage) from None
        if code != KafkaError.GROUP_ID_NOT_FOUND:
            raise
