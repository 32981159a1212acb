"""The settings of a server and their defaults."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ServerSettings(BaseModel):
    """Address, data folder, time limits and size limits of a server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path
    host: str = "127.0.0.1"
    port: int = Field(default=8085, ge=0, le=65535)
    seed: int = 0
    """The seed of a point is derived from this, the sweep's row id and the number of the point."""
    entity: str = "local"
    """Default entity, for requests that name none."""
    stop_grace: float = Field(default=20.0, ge=0)
    """Seconds that a run has to end by itself after it was asked to stop; then its agent kills it."""
    crash_after: float = Field(default=120.0, gt=0)
    """Seconds without a request from a run (clients send one every 30 s) until it counts as crashed."""
    agent_timeout: float = Field(default=60.0, gt=0)
    """Seconds without a heartbeat (agents send one every 5 s) until an agent counts as crashed."""
    backup_every: float = Field(default=3600.0, gt=0)
    """Seconds between two copies of the database in `data/backup`."""
    max_body: int = Field(default=64 * 2**20, gt=0)
    """Largest API request in bytes."""
    max_file: int = Field(default=8 * 2**30, gt=0)
    """Largest uploaded file in bytes."""
