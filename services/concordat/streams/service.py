"""The composition root of admit and of route."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from concordat.kafka.topics import Topics
from concordat.runtime.clock import Clock, system_clock
from concordat.runtime.health import Health, serve_health
from concordat.runtime.logs import configure_logs
from concordat.runtime.settings import Settings
from concordat.stages.admit import admit_stage
from concordat.stages.record import Stage
from concordat.stages.route import route_stage
from concordat.streams.clients import common_settings, stage_consumer, stage_producer
from concordat.streams.faust_worker import run_worker
from concordat.streams.groups import group_of
from concordat.streams.loop import LEAVE_AFTER_SECONDS, LoopParts, StageLoop
from concordat.streams.metrics import StageMetrics
from concordat.streams.register_feed import StrictRegisterFeed
from concordat.streams.sources import Sources


@dataclass(frozen=True, slots=True)
class ComposedStage:
    """A stage with its clients made and nothing started; `source` is what its loop consumes."""

    parts: LoopParts
    source: str
    registry: CollectorRegistry


def run_stage(
    name: str,
    settings: Settings,
    *,
    hook: Callable[[str], None] = lambda _point: None,
    clock: Clock = system_clock,
    patience: float = LEAVE_AFTER_SECONDS,
) -> None:
    """Run stage `name` (admit or route) under Faust until it is told to stop."""
    configure_logs(f"{name}-{settings.instance}")
    stage = compose_stage(name, settings, hook=hook, clock=clock, patience=patience)
    topics = Topics(settings.topic_prefix)
    if settings.health_port:
        serve_health(stage.parts.health, stage.registry, settings.host, settings.health_port)
    run_worker(
        name=f"{topics.prefix}{name}",
        bootstrap=settings.kafka,
        register=topics.register,
        instance=settings.instance,
        loop=StageLoop(stage.parts),
        source=stage.source,
    )


def compose_stage(
    name: str,
    settings: Settings,
    *,
    hook: Callable[[str], None] = lambda _point: None,
    clock: Clock = system_clock,
    patience: float = LEAVE_AFTER_SECONDS,
) -> ComposedStage:
    """Return stage `name` as it runs in production; raises `ValueError` for settings it lacks."""
    topics = Topics(settings.topic_prefix)
    stage, source, strategy = _stage(name, topics, settings)
    common = common_settings(settings.kafka, f"{name}-{settings.instance}")
    registry = CollectorRegistry()
    feed = StrictRegisterFeed(common, topics.register)
    parts = LoopParts(
        consumer=stage_consumer(common, group_of(name, topics), strategy),
        producer=stage_producer(common),
        feed=feed,
        sources=Sources(feed.admin),
        stage=stage,
        health=Health(),
        metrics=StageMetrics(name, registry),
        clock=clock,
        hook=hook,
        patience=patience,
    )
    return ComposedStage(parts, source, registry)


def _stage(name: str, topics: Topics, settings: Settings) -> tuple[Stage, str, str]:
    if name == "admit":
        # roundrobin: range gave one of two workers all the one-partition outboxes.
        return admit_stage(topics), topics.outbox_pattern, "roundrobin"
    if name == "route":
        content_key = settings.content_key.get_secret_value().encode()
        if not content_key:
            raise ValueError("CONCORDAT_CONTENT_KEY is not set")
        return route_stage(topics, content_key), topics.incidents, "range"
    raise ValueError("the stages are admit and route")
