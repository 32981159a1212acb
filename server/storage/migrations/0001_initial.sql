CREATE TABLE project (
    id INTEGER PRIMARY KEY,
    entity TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (entity, name)
);

CREATE TABLE sweep (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    display_name TEXT,
    description TEXT,
    config TEXT NOT NULL,                      -- YAML, as the client sent it
    state TEXT NOT NULL,                       -- PENDING RUNNING PAUSED CANCELED FINISHED
    state_reason TEXT,
    controller TEXT,
    scheduler TEXT,
    suggested INTEGER NOT NULL DEFAULT 0,      -- number of points proposed so far
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);
CREATE INDEX sweep_project ON sweep (project_id);

CREATE TABLE agent (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    sweep_id INTEGER NOT NULL REFERENCES sweep (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    state TEXT NOT NULL,                       -- RUNNING FINISHED CRASHED
    created_at REAL NOT NULL,
    heartbeat_at REAL NOT NULL
);
CREATE INDEX agent_sweep ON agent (sweep_id);

CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    sweep_id INTEGER REFERENCES sweep (id) ON DELETE SET NULL,
    agent_id INTEGER REFERENCES agent (id) ON DELETE SET NULL,
    state TEXT NOT NULL,                       -- pending running finished failed crashed killed preempting preempted
    display_name TEXT,
    description TEXT,
    notes TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    group_name TEXT,
    job_type TEXT,
    host TEXT,
    program TEXT,
    git_commit TEXT,
    repository TEXT,
    config TEXT NOT NULL DEFAULT '{}',         -- {"name": {"value": ...}}
    summary TEXT NOT NULL DEFAULT '{}',
    system_metrics TEXT NOT NULL DEFAULT '{}',
    history_keys TEXT NOT NULL DEFAULT '{}',   -- {"name": number of rows that hold it}
    history_lines INTEGER NOT NULL DEFAULT 0,
    event_lines INTEGER NOT NULL DEFAULT 0,
    log_lines INTEGER NOT NULL DEFAULT 0,
    last_step INTEGER NOT NULL DEFAULT -1,
    created_at REAL NOT NULL,
    started_at REAL,                           -- first request of the client since the last assignment
    heartbeat_at REAL,                         -- last request of the client
    finished_at REAL,
    exit_code INTEGER,
    -- set by the scheduler, for runs of a sweep
    point TEXT,                                -- the point that the search proposed, {"name": value}
    assigned_at REAL,                          -- when it was last assigned to an agent
    assignments INTEGER NOT NULL DEFAULT 0,
    assigned_by TEXT,                          -- identifier of the server process that assigned it
    agent_saw_it INTEGER NOT NULL DEFAULT 0,   -- 1 when the agent has reported the run's process as alive
    metric_count INTEGER NOT NULL DEFAULT 0,   -- number of finite values of the sweep's metric
    metric_last REAL,
    -- why and where the server stopped it
    stop_requested_at REAL,
    stop_kind TEXT,                            -- hyperband user cancel orphan
    stop_reason TEXT,
    stop_rung INTEGER,
    stop_step INTEGER,
    UNIQUE (project_id, name)
);
CREATE INDEX run_sweep ON run (sweep_id);
CREATE INDEX run_agent ON run (agent_id);
CREATE INDEX run_state ON run (state);

CREATE TABLE history (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    line INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, step, line)
) WITHOUT ROWID;

CREATE TABLE event (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, line)
) WITHOUT ROWID;

CREATE TABLE console_line (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, line)
) WITHOUT ROWID;

-- The finite values of the sweep's metric, numbered from 1; Hyperband counts its iterations in them.
CREATE TABLE metric_value (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    step INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run_id, n)
) WITHOUT ROWID;

CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    mimetype TEXT,
    blob TEXT NOT NULL,                        -- path below DATA/files
    updated_at REAL NOT NULL,
    UNIQUE (run_id, name)
);
