"""Artifacts uploaded and downloaded with the real client: versions, aliases, digests, Tables, deletion."""

import base64
import hashlib
import http.client
import json
import sqlite3
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server.service import Service
from server.settings import ServerSettings
from server.storage.database import DATABASE, Database
from server.storage.records.artifacts import (
    commit_artifact,
    create_artifact,
    delete_artifact,
    ensure_collection,
)
from server.storage.records.contents import find_content, need_contents
from server.storage.records.projects import ensure_project
from server.storage.records.removals import note_removal
from tests.server.requests import init
from tests.server_fixture import RunningServer

ROUND_TRIP = """
import json, pathlib, wandb

def write(text):
    pathlib.Path("weights").mkdir(exist_ok=True)
    pathlib.Path("weights/model.bin").write_bytes(text)
    pathlib.Path("weights/same.txt").write_text("the same in every version")

def model():
    artifact = wandb.Artifact("model", type="checkpoint", description="d", metadata={"step": 3})
    artifact.add_dir("weights")
    return artifact

with wandb.init(project="art", id="maker") as run:
    write(b"one" * 1000)
    first = run.log_artifact(model(), aliases=["best"]).wait()
    write(b"two" * 1000)
    second = run.log_artifact(model(), aliases=["newest"]).wait()
    again = run.log_artifact(model(), aliases=["again"]).wait()
    print("VERSIONS", first.version, second.version, again.version)

with wandb.init(project="art", id="user") as run:
    used = run.use_artifact("model:best")
    folder = pathlib.Path(used.download(root="down"))
    assert (folder / "model.bin").read_bytes() == b"one" * 1000
    assert (folder / "same.txt").read_text() == "the same in every version"
    entry = used.get_entry("model.bin").download(root="entry")
    assert pathlib.Path(entry).read_bytes() == b"one" * 1000
    assert used.verify(root="down") is None

api = wandb.Api()
latest = api.artifact("local/art/model:latest")
print("LATEST", latest.version, sorted(latest.aliases), latest.metadata, latest.description, latest.size)
print("FILES", sorted(f.name for f in latest.files()))
print("MADE", latest.logged_by().id, [r.id for r in api.artifact("local/art/model:v0").used_by()])
print("LOGGED", [a.version for a in api.run("local/art/maker").logged_artifacts() if a.type == "checkpoint"])
print("USED", [a.version for a in api.run("local/art/user").used_artifacts()])
print("ALL", [a.version for a in api.artifacts("checkpoint", "local/art/model")])
print("TYPES", sorted(t.name for t in api.artifact_types("local/art") if t.name == "checkpoint"))
print("COLLECTIONS", [c.name for c in api.artifact_type("checkpoint", "local/art").collections()])
print("EXISTS", api.artifact_exists("local/art/model:v1"), api.artifact_exists("local/art/model:v9"))

latest.aliases.append("chosen"); latest.aliases.remove("again"); latest.metadata["step"] = 4
latest.tags = ["good"]; latest.save()
changed = api.artifact("local/art/model:chosen")
print("CHANGED", changed.version, sorted(changed.aliases), changed.metadata, changed.tags)
changed.delete(delete_aliases=True)
print("LEFT", api.artifact("local/art/model:latest").version)
"""


def test_versions_aliases_and_contents_round_trip(shared_server: RunningServer) -> None:
    read = shared_server.python(ROUND_TRIP)
    for line in (
        "VERSIONS v0 v1 v1",
        "LATEST v1 ['again', 'latest', 'newest'] {'step': 3} d 3025",
        "FILES ['model.bin', 'same.txt']",
        "MADE maker ['user']",
        "LOGGED ['v0', 'v1']",
        "USED ['v0']",
        "ALL ['v1', 'v0']",
        "TYPES ['checkpoint']",
        "COLLECTIONS ['model']",
        "EXISTS True False",
        "CHANGED v1 ['chosen', 'latest', 'newest'] {'step': 4} ['good']",
        "LEFT v0",
    ):
        assert line in read, (line, read)


def test_tables_histograms_and_images_can_be_read_back(shared_server: RunningServer) -> None:
    read = shared_server.python(
        """
import numpy, wandb
with wandb.init(project="media", id="media") as run:
    for step in range(2):
        table = wandb.Table(columns=["prompt", "score"], data=[["ATG", step], ["GGC", 0.5]])
        run.log({"samples": table, "h": wandb.Histogram([1, 2, 2]), "x": step})
    run.log({"image": wandb.Image(numpy.zeros((4, 4, 3), dtype=numpy.uint8))})
api = wandb.Api()
run = api.run("local/media/media")
tables = [a for a in run.logged_artifacts() if a.type == "run_table"]
print("TABLES", len(tables), tables[-1].get("samples").data)
print("SUMMARY", run.summary["samples"]["nrows"], run.summary["h"]["_type"], run.summary["image"]["_type"])
print("MEDIA", sorted({f.name.split("/")[1] for f in run.files() if f.name.startswith("media/")}))
name = next(f.name for f in run.files() if f.name.startswith("media/images"))
with run.file(name).download(root="got") as image:
    print("IMAGE", image.name.endswith(".png"))
"""
    )
    assert "TABLES 2 [['ATG', 1], ['GGC', 0.5]]" in read
    assert "SUMMARY 2 histogram image-file" in read
    assert "MEDIA ['images', 'table']" in read
    assert "IMAGE True" in read


def test_a_client_can_requeue_fail_and_delete_runs(shared_server: RunningServer) -> None:
    read = shared_server.python(
        """
import pathlib, wandb
pathlib.Path("note.txt").write_text("text")
with wandb.init(project="gone", id="gone") as run:
    run.save("note.txt")
try:
    wandb.Api().run("local/gone/gone").update_state("failed")
except Exception as error:
    print("REFUSED", error)
wandb.init(project="gone", id="bad").finish(exit_code=1)
api = wandb.Api()
bad = api.run("local/gone/bad")
print("REQUEUED", bad.update_state("pending"), api.run("local/gone/bad").state)
print("FAILED", bad.update_state("failed"))
run = api.run("local/gone/gone")
run.file("note.txt").delete()
print("FILES", "note.txt" in [f.name for f in api.run("local/gone/gone").files()])
run.delete(delete_artifacts=True)
print("RUNS", [r.id for r in wandb.Api().runs("local/gone")])
"""
    )
    assert "a run that is finished cannot be set to failed" in read
    assert "REQUEUED True pending" in read
    assert "FAILED True" in read
    assert "FILES False" in read
    assert "RUNS ['bad']" in read
    gone = list((shared_server.data / "files").rglob("*"))
    assert not any(path.is_file() and path.read_bytes() == b"text" for path in gone)


KEEP_OR_DELETE = """
import wandb

def log(name, *texts):
    artifact = wandb.Artifact(name, type="t")
    for text in texts:
        with artifact.new_file(f"{text}.txt", mode="w") as file:
            file.write(text)
    run.log_artifact(artifact).wait()

def read(name, text):
    folder = api.artifact(f"local/room/{name}:latest").download(root=name)
    return open(f"{folder}/{text}.txt").read()

with wandb.init(project="room", id="room") as run:
    log("first", "only in first", "in both")
    log("second", "only in second", "in both")
api = wandb.Api()
api.artifact("local/room/first:latest").delete(delete_aliases=True)
print("LEFT", read("second", "in both"))
with wandb.init(project="room", id="again") as run:
    log("first", "new in first")
print("NEW", read("first", "new in first"))
"""


def test_deleting_an_artifact_removes_only_contents_without_other_references(
    shared_server: RunningServer,
) -> None:
    read = shared_server.python(KEEP_OR_DELETE)
    assert "LEFT in both" in read
    assert "NEW new in first" in read
    held = [path.read_bytes() for path in (shared_server.data / "files/content").iterdir()]
    for text, copies in (
        (b"only in first", 0),
        (b"only in second", 1),
        (b"in both", 1),
        (b"new in first", 1),
    ):
        assert held.count(text) == copies, text


def test_pending_file_removals_are_finished_after_a_restart(tmp_path: Path) -> None:
    settings = ServerSettings(data=tmp_path)
    service = Service(settings)
    freed, other = (service.blobs.path(f"content/{name}") for name in ("freed", "other"))
    freed.parent.mkdir()
    for path in (freed, other):
        path.write_text("text")
    service.database.write(lambda db: note_removal(db, ["content/freed", "content/gone already"]))
    service.close()
    assert freed.exists()
    again = Service(settings)
    assert not freed.exists()
    assert other.exists()
    with again.database.read() as db:
        assert db.execute("SELECT COUNT(*) FROM removal").fetchone()[0] == 0
    again.close()


def test_a_content_is_kept_while_a_pending_artifact_needs_it(tmp_path: Path) -> None:
    database = Database(tmp_path / DATABASE)

    def work(db: sqlite3.Connection) -> list[bool]:
        project = ensure_project(db, "local", "p")
        collection = ensure_collection(db, project["id"], "t", "name")
        db.execute("INSERT INTO content (digest, size, blob) VALUES ('d', 1, 'content/d')")
        done, pending = (create_artifact(db, collection["id"], digest=name) for name in "ab")
        commit_artifact(db, done, {"f": {"digest": "d", "size": 1}})
        need_contents(db, pending["id"], ["d"])
        kept = []
        for artifact in (done, pending):
            delete_artifact(db, artifact)
            kept.append(find_content(db, "d") is not None)
        return kept

    assert database.write(work) == [True, False]
    with database.read() as db:
        assert [blob for (blob,) in db.execute("SELECT blob FROM removal")] == ["content/d"]
    database.close()


def test_migration_of_an_older_database_keeps_only_needed_contents(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / DATABASE)
    for file in ("0001_initial.sql", "0002_artifacts.sql"):
        old.executescript((resources.files("server.storage") / "migrations" / file).read_text())
    old.executescript(
        """
        PRAGMA user_version = 2;
        INSERT INTO project VALUES (1, 'local', 'p', 0);
        INSERT INTO collection VALUES (1, 1, 't', 'name', NULL, 0, 0);
        INSERT INTO content VALUES ('gone', 1, 'content/gone'), ('both', 1, 'content/both'),
            ('kept', 1, 'content/kept'), ('manifest', 1, 'content/manifest'), ('sent', 1, 'content/sent');
        """
    )
    for state, manifest, *digests in (
        ("DELETED", None, "gone", "both"),
        ("COMMITTED", "manifest", "kept", "both"),
    ):
        entries = {name: {"digest": name, "size": 1} for name in digests}
        old.execute(
            "INSERT INTO artifact (collection_id, state, digest, manifest_digest, entries, created_at,"
            " updated_at) VALUES (1, ?, 'd', ?, ?, 0, 0)",
            (state, manifest, json.dumps(entries)),
        )
    old.commit()
    old.close()
    database = Database(tmp_path / DATABASE)
    with database.read() as db:
        assert [blob for (blob,) in db.execute("SELECT blob FROM removal")] == ["content/gone"]
        needed = {digest for (digest,) in db.execute("SELECT digest FROM artifact_content")}
        left = {digest for (digest,) in db.execute("SELECT digest FROM content")}
    assert needed == {"manifest", "kept", "both"}
    # An upload in progress may still need `sent`.
    assert left == {"manifest", "kept", "both", "sent"}
    database.close()


CREATE = """
mutation($i: CreateArtifactInput!) { createArtifact(input: $i) { artifact { id state } } }
"""


def put(server: RunningServer, path: str, body: bytes) -> int:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("PUT", path, body, {"Authorization": f"Bearer {server.key}"})
    status = connection.getresponse().status
    connection.close()
    return status


def get(server: RunningServer, path: str) -> tuple[int, bytes]:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def commit(server: RunningServer, artifact: str) -> Any:
    query = "mutation($a: ID!) { commitArtifact(input: {artifactID: $a}) { artifact { id } } }"
    return server.post("/graphql", {"query": query, "variables": {"a": artifact}})[1]


def pending(server: RunningServer, name: str, digest: str) -> str:
    given = {
        "projectName": "raw",
        "artifactTypeName": "t",
        "artifactCollectionNames": [name],
        "digest": digest,
    }
    return str(server.graphql(CREATE, i=given)["createArtifact"]["artifact"]["id"])


def test_a_content_with_a_wrong_digest_is_refused(shared_server: RunningServer) -> None:
    digest = hashlib.md5(b"content").hexdigest()
    assert put(shared_server, f"/artifacts/local/{digest}", b"other") == 400
    assert put(shared_server, f"/artifacts/local/{digest}", b"content") == 200
    assert put(shared_server, f"/artifacts/local/{digest}", b"content") == 200


def test_an_incomplete_artifact_cannot_be_committed(shared_server: RunningServer) -> None:
    init(shared_server, "maker", "raw")
    body = base64.b64encode(hashlib.md5(b"never sent").digest()).decode()
    manifest = f'{{"version": 1, "contents": {{"a.bin": {{"digest": "{body}", "size": 10}}}}}}'.encode()
    right = hashlib.md5(f"wandb-artifact-manifest-v1\na.bin:{body}\n".encode()).hexdigest()
    for digest, reason in (("0" * 32, "does not have the digest"), (right, "a.bin of artifact")):
        artifact = pending(shared_server, f"partial-{digest[:3]}", digest)
        assert "manifest" in commit(shared_server, artifact)["errors"][0]["message"]
        shared_server.graphql(
            "mutation($a: ID!, $d: String!) { createArtifactManifest(input: {artifactID: $a, digest: $d})"
            " { artifactManifest { file { uploadUrl } } } }",
            a=artifact,
            d=base64.b64encode(hashlib.md5(manifest).digest()).decode(),
        )
        put(shared_server, f"/artifacts/local/{hashlib.md5(manifest).hexdigest()}", manifest)
        assert reason in commit(shared_server, artifact)["errors"][0]["message"]


def test_a_signed_address_is_valid_only_for_its_path_and_time(shared_server: RunningServer) -> None:
    from server.credentials import sign

    digest = hashlib.md5(b"signed").hexdigest()
    path = f"/artifacts/local/{digest}"
    assert put(shared_server, path, b"signed") == 200
    good = f"expires=9999999999&signature={sign(shared_server.key, path, 9999999999)}"
    assert get(shared_server, f"{path}?{good}") == (200, b"signed")
    assert get(shared_server, f"/page-data/sweeps?{good}")[0] == 401
    assert get(shared_server, f"{path}?expires=1&signature={sign(shared_server.key, path, 1)}")[0] == 401
    assert get(shared_server, f"{path}?{good}0")[0] == 401
    assert get(shared_server, f"{path}?expires=x&signature=x")[0] == 401
