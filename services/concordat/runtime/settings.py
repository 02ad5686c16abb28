"""What a process is told from outside: `CONCORDAT_*` variables, read once, here only."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

CONTRACTS = Path(__file__).parents[3] / "contracts"


class Settings(BaseSettings):
    """Addresses and credentials; the same names drive the embedded stack and compose."""

    model_config = SettingsConfigDict(env_prefix="CONCORDAT_", frozen=True, extra="ignore")

    kafka: str = "127.0.0.1:9092"
    topic_prefix: str = ""
    postgres: SecretStr = SecretStr("")
    contracts: Path = CONTRACTS
    content_key: SecretStr = SecretStr("")
    token_issuer: str = "https://concordat.invalid/development"  # noqa: S105 - a name
    token_audience: str = "concordat"  # noqa: S105 - a name
    token_keys: Path = Path("token-keys.json")
    host: str = "127.0.0.1"
    port: int = 8000
    health_port: int = 0
    instance: str = "0"
    state: Path | None = None
