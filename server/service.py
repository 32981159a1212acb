"""The parts of a running server, built and taken down together."""

import secrets
import time
from pathlib import Path

from server.control.scheduler import Scheduler
from server.control.suggestions import Suggestions
from server.control.watch import Watch
from server.http.auth import ensure_api_key
from server.settings import ServerSettings
from server.storage.backup import Backups
from server.storage.database import DATABASE, Database
from server.storage.files import FileStore
from server.storage.removals import remove_noted
from server.storage.runs import LIVE
from server.storage.sweeps import list_sweeps


class Service:
    """Everything the routes need.

    Attributes:
        settings: How the server was started.
        key: The API key.
        database: All records.
        files: All file contents.
        suggestions: Prepared points.
        scheduler: What agents are told.
    """

    def __init__(self, settings: ServerSettings) -> None:
        """Open the data folder and start the background threads.

        Raises:
            DatabaseError: If the database cannot be opened or trusted.
            OSError: If the data folder cannot be written.
        """
        data: Path = settings.data
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings = settings
        self.key = ensure_api_key(data)
        self.database = Database(data / DATABASE)
        self.files = FileStore(data / "files", settings.max_file)
        # What a crash kept the last process from removing.
        self.remove_freed_files()
        self.suggestions = Suggestions(self.database, settings.seed)
        with self.database.read() as db:
            live = db.execute(
                f"SELECT 1 FROM run WHERE state IN ({', '.join('?' * len(LIVE))}) LIMIT 1", LIVE
            ).fetchone()
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
        """Remove the files that the changes so far have freed."""
        remove_noted(self.database, self.files.remove)

    def close(self) -> None:
        """Stop the threads and close the database."""
        self._watch.close()
        self.suggestions.close()
        self._backups.close()
        self.database.close()
