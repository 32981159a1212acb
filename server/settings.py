"""What can be set about a server, with its defaults."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ServerSettings(BaseModel):
    """Where a server listens, keeps its data, and how patient it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path
    host: str = "127.0.0.1"
    port: int = Field(default=8085, ge=0, le=65535)
    seed: int = 0
    """Base of every sweep's own seed, which also counts the sweeps in order of creation."""
    entity: str = "local"
    """The entity a client gets when it names none."""
    stop_grace: float = Field(default=20.0, ge=0)
    """Seconds a run is given to end by itself after the stop flag, before its agent is told to end it."""
    crash_after: float = Field(default=120.0, gt=0)
    """Seconds without a sign of life (clients send one every 30 s) after which a run counts as crashed."""
    agent_timeout: float = Field(default=60.0, gt=0)
    """Seconds without a heartbeat (agents send one every 5 s) after which an agent counts as gone."""
    backup_every: float = Field(default=3600.0, gt=0)
    """Seconds between two copies of the database in `data/backup`."""
    max_body: int = Field(default=64 * 2**20, gt=0)
    """Largest API request in bytes."""
    max_file: int = Field(default=8 * 2**30, gt=0)
    """Largest uploaded file in bytes."""
