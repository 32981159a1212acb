"""The mutations that create, change, use and delete artifacts."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from server.graphql.context import Context, row_id
from server.graphql.execute import Arguments, QueryError, Resolver, input_of
from server.graphql.nodes.artifact import artifact_node
from server.graphql.nodes.content_urls import artifact_id, artifact_row_id, content_path, hex_digest
from server.graphql.nodes.owner import Node
from server.storage.records.artifacts import (
    LATEST,
    ArtifactError,
    artifact_by_client_id,
    artifact_by_id,
    commit_artifact,
    count_own_aliases,
    create_artifact,
    delete_aliases,
    delete_artifact,
    ensure_collection,
    find_same,
    manifest_digest,
    record_use,
    set_aliases,
    update_artifact,
)
from server.storage.records.contents import find_content, need_contents
from server.storage.records.files import FileNameError, checked_name
from server.storage.records.projects import ensure_project
from server.storage.records.runs import find_run_at


def _artifact_row(db: sqlite3.Connection, identifier: Any) -> sqlite3.Row:
    artifact = artifact_by_id(db, artifact_row_id(identifier))
    if artifact is None or artifact["state"] == "DELETED":
        raise QueryError(f"no artifact {identifier}")
    return artifact


def _alias_names(aliases: Iterable[Any]) -> list[str]:
    return [str(entry["alias"]) for entry in aliases if entry["alias"] != LATEST]


def _run_row_id(context: Context, db: sqlite3.Connection, inputs: dict[str, Any]) -> int | None:
    if not inputs.get("runName"):
        return None
    entity = context.entity(inputs.get("entityName"))
    run = find_run_at(db, entity, str(inputs.get("projectName")), inputs["runName"])
    return None if run is None else int(run["id"])


def _create_artifact(context: Context, arguments: Arguments) -> Node:
    """Create an artifact, unless a version with the same content exists, and return it."""
    inputs = input_of(arguments)
    (name, *_) = inputs.get("artifactCollectionNames") or [inputs.get("artifactCollectionName")]
    if not name:
        raise QueryError(f"the artifact has no name: {sorted(inputs)}")

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        project = ensure_project(db, context.entity(inputs.get("entityName")), str(inputs.get("projectName")))
        try:
            collection = ensure_collection(db, project["id"], str(inputs.get("artifactTypeName")), name)
        except ArtifactError as error:
            raise QueryError(str(error)) from error
        client_id = inputs.get("clientID")
        earlier = artifact_by_client_id(db, client_id) if client_id else None
        if earlier is not None and earlier["digest"] == inputs.get("digest"):
            return earlier
        aliases = _alias_names(inputs.get("aliases") or [])
        same = find_same(db, collection["id"], str(inputs.get("digest")))
        if same is not None and inputs.get("enableDigestDeduplication"):
            set_aliases(db, same, [*aliases, LATEST])
            return same
        return create_artifact(
            db,
            collection["id"],
            run_id=_run_row_id(context, db, inputs),
            digest=str(inputs.get("digest")),
            client_id=client_id if earlier is None else None,
            description=inputs.get("description"),
            metadata=inputs.get("metadata"),
            history_step=inputs.get("historyStep"),
            wanted_aliases=json.dumps(aliases),
            tags=json.dumps([tag["tagName"] for tag in inputs.get("tags") or []]),
        )

    artifact = context.service.database.write(work)
    return {"__typename": "CreateArtifactPayload", "artifact": artifact_node(context, artifact)}


def _upload(context: Context, digest: str) -> Node:
    return {
        "uploadUrl": f"{context.base_url}{content_path(context, digest)}",
        "uploadHeaders": context.upload_headers(),
    }


def _manifest(context: Context, number: int, digest: str | None) -> Node:
    """Record the digest of an artifact's manifest, and return the URL for the upload of the manifest."""
    file: Node = {"id": f"File:manifest-{number}"}
    if digest:
        hexadecimal = hex_digest(digest)

        def work(db: sqlite3.Connection) -> None:
            artifact = artifact_by_id(db, number)
            if artifact is None:
                raise QueryError("no such artifact")
            if artifact["state"] == "PENDING":
                update_artifact(db, number, manifest_digest=hexadecimal)
                need_contents(db, number, [hexadecimal])

        context.service.database.write(work)
        file |= _upload(context, hexadecimal)
    return {"artifactManifest": {"id": f"ArtifactManifest:{number}", "file": file}}


def _create_manifest(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)
    if inputs.get("type") not in (None, "FULL"):
        raise QueryError("artifacts written by several runs together are not supported")
    return _manifest(context, artifact_row_id(inputs.get("artifactID")), inputs.get("digest"))


def _update_manifest(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)
    return _manifest(
        context, row_id("ArtifactManifest", inputs.get("artifactManifestID")), inputs.get("digest")
    )


def _create_files(context: Context, arguments: Arguments) -> Node:
    """Return an upload URL for each file; it is null for a file whose content is stored already."""

    def work(db: sqlite3.Connection) -> list[Node]:
        # In one transaction: no content that is stored now is deleted before the artifact is committed.
        return [_file_upload(context, db, file) for file in input_of(arguments).get("artifactFiles") or []]

    edges = [{"node": node} for node in context.service.database.write(work)]
    return {"files": {"edges": edges, "pageInfo": {"hasNextPage": False, "endCursor": None}}}


def _file_upload(context: Context, db: sqlite3.Connection, file: dict[str, Any]) -> Node:
    try:
        name = checked_name(str(file.get("name")))
    except FileNameError as error:
        raise QueryError(str(error)) from error
    digest = hex_digest(str(file.get("md5")))
    artifact = _artifact_row(db, file.get("artifactID"))
    need_contents(db, artifact["id"], [digest])
    node: Node = {
        "id": f"ArtifactFile:{artifact['id']}:{name}",
        "name": name,
        "displayName": name,
        "storagePath": f"content/{digest}",
        "uploadMultipartUrls": None,
        "artifact": {"id": artifact_id(artifact["id"])},
        "uploadUrl": None,
        "uploadHeaders": [],
    }
    return node if find_content(db, digest) is not None else {**node, **_upload(context, digest)}


def _commit(context: Context, arguments: Arguments) -> Node:
    """Commit an artifact, after its manifest and all its files were uploaded.

    Raises:
        QueryError: If one of them is missing, or the digest of the manifest is not the one announced.
    """
    identifier = input_of(arguments).get("artifactID")
    with context.read() as db:
        artifact = _artifact_row(db, identifier)
        manifest = find_content(db, artifact["manifest_digest"] or "")
    if manifest is None:
        raise QueryError(f"the manifest of artifact {identifier} was not uploaded")
    try:
        contents = json.loads(context.service.blobs.path(manifest["blob"]).read_bytes())["contents"]
        if manifest_digest(contents) != artifact["digest"]:
            raise QueryError(f"the manifest of artifact {identifier} does not have the digest announced")
        files = {checked_name(path): entry for path, entry in contents.items()}
    except FileNameError as error:
        raise QueryError(str(error)) from error

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        entries: dict[str, Any] = {}
        for path, entry in files.items():
            if "ref" in entry:
                # A reference: the file is stored elsewhere, and clients download it from there.
                entries[path] = {"ref": entry["ref"], "size": entry.get("size") or 0}
                continue
            content = find_content(db, hex_digest(entry["digest"]))
            if content is None:
                raise QueryError(f"file {path} of artifact {identifier} was not uploaded")
            entries[path] = {"digest": content["digest"], "size": content["size"]}
        commit_artifact(db, _artifact_row(db, identifier), entries)
        return _artifact_row(db, identifier)

    return {"artifact": artifact_node(context, context.service.database.write(work))}


def _use(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        artifact = _artifact_row(db, inputs.get("artifactID"))
        run_id = _run_row_id(context, db, inputs)
        if run_id is not None:
            record_use(db, artifact["id"], run_id)
        return artifact

    return {"artifact": artifact_node(context, context.service.database.write(work))}


def _add_aliases(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> None:
        set_aliases(
            db, _artifact_row(db, inputs.get("artifactID")), [entry["alias"] for entry in inputs["aliases"]]
        )

    context.service.database.write(work)
    return {"success": True}


def _delete_aliases(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> None:
        artifact = _artifact_row(db, inputs.get("artifactID"))
        delete_aliases(db, artifact["id"], [entry["alias"] for entry in inputs["aliases"]])

    context.service.database.write(work)
    return {"success": True}


def _update(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        artifact = _artifact_row(db, inputs.get("artifactID"))
        columns = {key: inputs[key] for key in ("description", "metadata") if inputs.get(key) is not None}
        deleted = {tag["tagName"] for tag in inputs.get("tagsToDelete") or []}
        tags = [tag for tag in json.loads(artifact["tags"]) if tag not in deleted]
        tags += [tag["tagName"] for tag in inputs.get("tagsToAdd") or [] if tag["tagName"] not in tags]
        update_artifact(db, artifact["id"], **columns, tags=json.dumps(tags))
        return _artifact_row(db, inputs.get("artifactID"))

    return {"artifact": artifact_node(context, context.service.database.write(work))}


def _delete(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        artifact = _artifact_row(db, inputs.get("artifactID"))
        if count_own_aliases(db, artifact["id"]) and not inputs.get("deleteAliases"):
            raise QueryError(
                "the artifact has aliases; delete them first, or together with it (delete_aliases=True)"
            )
        delete_artifact(db, artifact)
        return artifact

    artifact = context.service.database.write(work)
    context.service.remove_freed_files()
    return {"artifact": {"id": artifact_id(artifact["id"])}}


ARTIFACT_MUTATIONS: dict[str, Resolver] = {
    "createArtifact": _create_artifact,
    "createArtifactManifest": _create_manifest,
    "updateArtifactManifest": _update_manifest,
    "createArtifactFiles": _create_files,
    "commitArtifact": _commit,
    "useArtifact": _use,
    "addAliases": _add_aliases,
    "deleteAliases": _delete_aliases,
    "updateArtifact": _update,
    "deleteArtifact": _delete,
}
