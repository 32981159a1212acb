-- Which artifacts need a content: committed ones, and those whose files are still being uploaded.
CREATE TABLE artifact_content (
    digest TEXT NOT NULL,
    artifact_id INTEGER NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
    PRIMARY KEY (digest, artifact_id)
) WITHOUT ROWID;
CREATE INDEX artifact_content_artifact ON artifact_content (artifact_id);

INSERT OR IGNORE INTO artifact_content (digest, artifact_id)
    SELECT manifest_digest, id FROM artifact WHERE state != 'DELETED' AND manifest_digest IS NOT NULL;
INSERT OR IGNORE INTO artifact_content (digest, artifact_id)
    SELECT json_extract(entry.value, '$.digest'), artifact.id
    FROM artifact, json_each(artifact.entries) AS entry WHERE state != 'DELETED';

-- Files on disk that no record refers to any more. They are deleted later, also after a crash.
CREATE TABLE removal (
    blob TEXT PRIMARY KEY                      -- path below DATA/files
) WITHOUT ROWID;

-- Contents of artifacts that were deleted before this table existed.
INSERT OR IGNORE INTO removal (blob)
    SELECT content.blob FROM artifact JOIN content ON content.digest = artifact.manifest_digest
    WHERE state = 'DELETED' AND content.digest NOT IN (SELECT digest FROM artifact_content);
INSERT OR IGNORE INTO removal (blob)
    SELECT content.blob FROM artifact, json_each(artifact.entries) AS entry
    JOIN content ON content.digest = json_extract(entry.value, '$.digest')
    WHERE state = 'DELETED' AND content.digest NOT IN (SELECT digest FROM artifact_content);
DELETE FROM content WHERE blob IN (SELECT blob FROM removal);
