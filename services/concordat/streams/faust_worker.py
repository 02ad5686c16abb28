"""Faust, here and nowhere else: it supervises the loop and runs what is low-rate beside it.

Its own agents, transactions and tables are kept off the stage's records, because on a real
broker they lost them (ADR 0004).
"""

import asyncio
import os
import re
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import faust
from faust.app.base import BootStrategy

from concordat.runtime.errors import ConcordatError
from concordat.runtime.logs import get_logger
from concordat.streams.loop import StageLoop

log = get_logger(__name__)

LAST_BATCH_SECONDS = 70.0
SIDE_SECONDS = 2.0
_FAILED = 70
_OF_THE_REGISTER = re.compile(r"(controller|agency|agreement|signature|notice)(/[a-z0-9-]+)+")


class StageService(faust.Service):
    """Runs a `StageLoop` in a thread; its failure is the process's failure."""

    def __init__(self, loop: StageLoop, source: str, **options: Any) -> None:
        super().__init__(**options)
        self._stage_loop, self._source = loop, source
        self._ended = threading.Event()

    @faust.Service.task
    async def _run_stage(self) -> None:
        running = asyncio.get_running_loop().run_in_executor(None, self._run)
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self._stage_loop.stop.set()
            await running
            raise

    def _run(self) -> None:
        try:
            self._stage_loop.run(self._source)
        except BaseException as error:  # noqa: BLE001 - every failure leaves, with its code
            _leave(error)
        self._ended.set()

    async def on_stop(self) -> None:
        """Let the batch in hand finish."""
        self._stage_loop.stop.set()

    def end_in_time(self, code: int) -> None:
        """Stop the loop now and leave with `code` soon after it, whatever Faust still waits for."""
        self._stage_loop.stop.set()
        threading.Thread(target=self._end, args=[code], name="end-in-time", daemon=True).start()

    def _end(self, code: int) -> None:
        # Told to stop while its side consumer joins a group, Faust waits for ever.
        ended = self._ended.wait(LAST_BATCH_SECONDS)
        time.sleep(SIDE_SECONDS)
        os._exit(code if ended else _FAILED)


def _leave(error: BaseException) -> None:
    # Nothing is committed on the way out. Faust would turn this into a tidy stop with code 0.
    reason = str(error) if isinstance(error, ConcordatError) else _client_code(error)
    log.error("stage-failed", error=type(error).__name__, reason=reason)
    sys.stderr.flush()
    os._exit(error.exit_code if isinstance(error, ConcordatError) else _FAILED)


def _client_code(error: BaseException) -> str:
    """The code in an error of the client library, which has it as its only argument; else ""."""
    name = getattr(error.args[0], "name", None) if error.args else None
    return str(name()) if callable(name) else ""


def run_worker(
    *, name: str, bootstrap: str, register: str, instance: str, loop: StageLoop, source: str
) -> None:
    """Run until SIGTERM or SIGINT; leaves the process with 0, or with the failure's code."""
    app = _app(name, bootstrap, instance, StageService(loop, source))
    _watch_register(app, register)
    worker = faust.Worker(app, loglevel="INFO", quiet=True, redirect_stdouts=False)
    worker.execute_from_commandline()


def _app(name: str, bootstrap: str, instance: str, stage: StageService) -> Any:
    class StageFirst(BootStrategy):
        """The public hook by which the loop starts before Faust's own consumer joins its group."""

        def server(self) -> Any:
            return [stage, *super().server()]

    class App(faust.App):
        BootStrategy = StageFirst

        async def on_stop(self) -> None:
            """Also after a crash of Faust's own, which must not look like an order to stop."""
            stage.end_in_time(_FAILED if self.crashed else 0)
            await super().on_stop()

    return App(
        f"concordat-{name}-side",
        broker=f"kafka://{bootstrap}",
        consumer_group_instance_id=f"{name}-{instance}",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
        broker_request_timeout=30,
        table_standby_replicas=0,
        # Faust makes this folder although there are no tables; not where the process happens to be.
        datadir=str(Path(tempfile.gettempdir()) / f"concordat-faust-{os.getuid()}"),
        stream_wait_empty=False,
    )


def _watch_register(app: Any, register: str) -> None:
    """Tell operators in the log that the register has grown: keys are ids."""
    topic = app.topic(
        register, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )

    @app.agent(topic)
    async def register_watch(stream: Any) -> None:
        async for event in stream.events():
            key = (event.key or b"").decode("utf-8", "replace")
            # Any other key was not written by the exchange: it may say anything.
            told = key if _OF_THE_REGISTER.fullmatch(key) else ""
            log.info("register-record", record_key=told, offset=event.message.offset)
