-- The contents of the files of artifacts. Each is stored once, even if several artifacts contain it.
CREATE TABLE content (
    digest TEXT PRIMARY KEY,                   -- MD5, 32 hex digits
    size INTEGER NOT NULL,
    blob TEXT NOT NULL                         -- path below DATA/files
) WITHOUT ROWID;

CREATE TABLE collection (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    UNIQUE (project_id, name)
);

CREATE TABLE artifact (
    id INTEGER PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    version INTEGER,                           -- 0, 1, ...; NULL until committed
    state TEXT NOT NULL,                       -- PENDING COMMITTED DELETED
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    digest TEXT NOT NULL,
    client_id TEXT UNIQUE,
    description TEXT,
    metadata TEXT,
    history_step INTEGER,
    wanted_aliases TEXT NOT NULL DEFAULT '[]', -- set at commit
    tags TEXT NOT NULL DEFAULT '[]',
    manifest_digest TEXT,                      -- digest of the content that holds the manifest
    entries TEXT NOT NULL DEFAULT '{}',        -- {"path": {"digest": hex, "size": bytes}}; a reference has "ref", not "digest"
    size INTEGER NOT NULL DEFAULT 0,
    file_count INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE INDEX artifact_collection ON artifact (collection_id);
CREATE INDEX artifact_run ON artifact (run_id);

CREATE TABLE artifact_alias (
    id INTEGER PRIMARY KEY,
    collection_id INTEGER NOT NULL REFERENCES collection (id) ON DELETE CASCADE,
    artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    alias TEXT NOT NULL,
    UNIQUE (collection_id, alias)
);

CREATE TABLE artifact_use (
    artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    PRIMARY KEY (artifact_id, run_id)
) WITHOUT ROWID;

-- How many times the run was assigned again after a crash, as `requeue_crashed` allows.
ALTER TABLE run ADD COLUMN requeues INTEGER NOT NULL DEFAULT 0;
