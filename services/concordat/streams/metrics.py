"""What a stage counts. Labels are stages, never a person or a case."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class StageMetrics:
    """Counters of one worker process."""

    def __init__(self, stage: str, registry: CollectorRegistry) -> None:
        labels = ["stage"]
        self._in = Counter("concordat_stage_records_in", "Records read", labels, registry=registry)
        self._out = Counter("concordat_stage_records_out", "Written", labels, registry=registry)
        self._seconds = Histogram(
            "concordat_stage_batch_seconds", "Time per batch", labels, registry=registry
        )
        refused = Counter(
            "concordat_stage_commits_refused",
            "Commits for partitions no longer ours, or to a coordinator that was away",
            labels,
            registry=registry,
        )
        paused = Gauge(
            "concordat_stage_paused",
            "1 while the register is not usable",
            labels,
            registry=registry,
        )
        self._stage = stage
        self.commits_refused = refused.labels(stage)
        self.paused = paused.labels(stage)

    def worked(self, records: int, outputs: int, seconds: float) -> None:
        """Count one batch."""
        self._in.labels(self._stage).inc(records)
        self._out.labels(self._stage).inc(outputs)
        self._seconds.labels(self._stage).observe(seconds)
