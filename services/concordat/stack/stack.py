"""What a running stack tells other processes about itself."""

from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Stack(BaseModel):
    """Addresses and processes of a running stack; holds no secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kafka: str
    """Bootstrap servers, `host:port`."""
    postgres_host: str
    postgres_port: int
    postgres_database: str
    api: str | None = None
    """Base URL of the API; None while only the infrastructure runs."""
    pids: dict[str, int] = {}
    started_at: AwareDatetime
    state: Path
