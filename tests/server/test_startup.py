"""Starting the server: the key, the ready line, and a one-line error for each possible problem."""

import asyncio
import os
import signal
import socket
import sqlite3
import stat
import subprocess
from functools import partial
from pathlib import Path

import pytest

from server.serve import _listen
from tests.server_fixture import RunningServer, launch, running_server, start_server


def refused(data: Path, *options: str, port: int = 0) -> str:
    process = launch(data, *options, port=port)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1, printed
    assert printed.startswith("sweepfarm server: ")
    assert printed.count("\n") == 1, printed
    return printed


def test_a_ready_server_answers_and_has_a_private_key(wandb_server: RunningServer) -> None:
    key_file = wandb_server.data / "api_key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert len(wandb_server.key) >= 40
    assert wandb_server.get("/page-data/sweeps") == []


def test_key_and_records_survive_a_restart(tmp_path: Path) -> None:
    with running_server(tmp_path) as first:
        key = first.key
        first.graphql('mutation { upsertModel(input: {name: "p", entityName: "local"}) { inserted } }')
    assert not (first.data / "url").exists()
    assert first.process.returncode == 0
    with running_server(tmp_path) as second:
        assert second.key == key
        data = second.graphql("{ models(entityName: null) { edges { node { name } } } }")
        assert data["models"]["edges"] == [{"node": {"name": "p"}}]


def test_an_interrupt_ends_the_server_cleanly(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data", tmp_path / "work")
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=30) == 0
    assert not (server.data / "url").exists()


def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        printed = refused(tmp_path / "data", port=port)
    assert f"port {port} on 127.0.0.1 is taken" in printed
    assert "--port" in printed
    assert not (tmp_path / "data").exists()


def test_connections_are_accepted_with_tcp_nodelay() -> None:
    """Nagle's algorithm would add 40 ms to every request."""

    async def option_of_a_connection() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            found.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        listener = _listen("127.0.0.1", 0)
        async with await asyncio.start_server(accept, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            option = await found
            writer.close()
        return option

    assert asyncio.run(option_of_a_connection()) != 0


def test_a_data_folder_in_use_is_refused(wandb_server: RunningServer) -> None:
    assert "another server already uses" in refused(wandb_server.data)


def test_an_unwritable_data_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "--data" in refused(tmp_path / "file" / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_data_folder_is_refused(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine allows no mounts")
    try:
        assert "no space left" in refused(small)
        assert not (small / "url").exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_a_damaged_database_is_refused_with_a_restore_command(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_server(tmp_path) as server:
        server.graphql('mutation { upsertModel(input: {name: "p", entityName: "local"}) { inserted } }')
    copy = max((data / "backup").iterdir())
    for damage in (b"not a database, but long enough to look at" * 100, b""):
        content = (data / "sweepfarm.sqlite").read_bytes()
        (data / "sweepfarm.sqlite").write_bytes(damage or content[:8192] + bytes(24000) + content[32192:])
        printed = refused(data)
        assert "is damaged" in printed
        command = printed.split("restore the last backup with: ")[1]
        assert str(copy) in command
        subprocess.run(command, shell=True, check=True)
    with running_server(tmp_path) as server:
        answer = server.graphql("{ models(entityName: null) { edges { node { name } } } }")
        assert answer["models"]["edges"] == [{"node": {"name": "p"}}]


def test_a_damaged_database_without_a_backup_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "sweepfarm.sqlite").write_bytes(b"not a database, but long enough to look at" * 100)
    assert "there is no backup; move" in refused(data)


def test_only_the_newest_backups_are_kept(tmp_path: Path) -> None:
    from server.storage.backup import KEPT, Backups, backups
    from server.storage.database import DATABASE, Database
    from server.storage.records.projects import ensure_project

    database = Database(tmp_path / DATABASE)
    for number in range(KEPT + 2):
        database.write(partial(ensure_project, entity="e", name=str(number)))
        Backups(database, tmp_path, 3600).close()
    database.close()
    found = backups(tmp_path)
    assert len(found) == KEPT
    newest = sqlite3.connect(found[0])
    assert newest.execute("SELECT COUNT(*) FROM project").fetchone() == (KEPT + 2,)
    newest.close()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        pass
    connection = sqlite3.connect(server.data / "sweepfarm.sqlite")
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    assert "newer version" in refused(server.data)
