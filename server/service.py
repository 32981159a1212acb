"""The parts of a running server: database, files, search, scheduler and background threads."""

import secrets
import time
from pathlib import Path

from server.control.scheduler import Scheduler
from server.control.suggestions import Suggestions
from server.control.watch import Watch
from server.credentials import ensure_api_key
from server.settings import ServerSettings
from server.storage.backup import Backups
from server.storage.blobs import BlobStore
from server.storage.database import DATABASE, Database
from server.storage.records.removals import remove_noted
from server.storage.records.runs import any_live_run
from server.storage.records.sweeps import list_sweeps


class Service:
    """Starts and stops the parts of the server, and gives the routes access to them.

    Attributes:
        settings: The settings of the server.
        key: The API key.
        database: The database.
        blobs: The contents of all uploaded files.
        suggestions: Prepares the next point of each sweep.
        scheduler: Assigns runs to agents.
    """

    def __init__(self, settings: ServerSettings) -> None:
        """Open the data folder and start the background threads.

        Raises:
            DatabaseError: If the database cannot be opened or is damaged.
            OSError: If the data folder cannot be written.
        """
        data: Path = settings.data
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings = settings
        self.key = ensure_api_key(data)
        self.database = Database(data / DATABASE)
        self.blobs = BlobStore(data / "files", settings.max_file)
        # If the previous process crashed, it may have left files that it should have deleted.
        self.remove_freed_files()
        self.suggestions = Suggestions(self.database, settings.seed)
        with self.database.read() as db:
            live = any_live_run(db)
        self.scheduler = Scheduler(
            settings, self.suggestions, boot=secrets.token_hex(8), resumed_at=time.time() if live else 0.0
        )
        self._backups = Backups(self.database, data, settings.backup_every)
        self._watch = Watch(self.database, self.scheduler, settings)
        with self.database.read() as db:
            for sweep in list_sweeps(db):
                if sweep["state"] in ("PENDING", "RUNNING", "PAUSED"):
                    self.suggestions.refresh(sweep["id"])

    def remove_freed_files(self) -> None:
        """Delete the files on disk that no database record refers to any more."""
        remove_noted(self.database, self.blobs.remove)

    def close(self) -> None:
        """Stop the threads and close the database."""
        self._watch.close()
        self.suggestions.close()
        self._backups.close()
        self.database.close()
