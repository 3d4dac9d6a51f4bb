CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    identity TEXT NOT NULL,
    title TEXT NOT NULL,
    owner TEXT NOT NULL,
    created INTEGER NOT NULL,
    options TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    next INTEGER,
    error TEXT,
    notes TEXT NOT NULL DEFAULT '[]',
    cancel INTEGER NOT NULL DEFAULT 0,
    decision TEXT,
    requests INTEGER NOT NULL DEFAULT 0,
    due INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    leased_until INTEGER
) STRICT;
CREATE INDEX operations_due ON operations (due) WHERE due IS NOT NULL;
CREATE INDEX operations_unfinished ON operations (number) WHERE state NOT IN ('done', 'failed', 'cancelled');

CREATE TABLE plans (operation INTEGER PRIMARY KEY, plans TEXT NOT NULL) STRICT;

CREATE TABLE steps (
    operation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    step INTEGER NOT NULL,
    undo TEXT,
    token TEXT NOT NULL UNIQUE,
    place TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT,
    sends INTEGER NOT NULL,
    first_sent INTEGER,
    last_sent INTEGER,
    unknown INTEGER NOT NULL,
    repeated INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    handle TEXT,
    result TEXT,
    progress TEXT,
    error TEXT,
    failures INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (operation, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE owned (
    provider TEXT NOT NULL,
    identity TEXT NOT NULL,
    kind TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    resource TEXT NOT NULL,
    operation TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    created INTEGER,
    ends_at INTEGER,
    protected INTEGER NOT NULL,
    keeps_tags INTEGER NOT NULL,
    PRIMARY KEY (provider, identity, kind, region, id)
) STRICT, WITHOUT ROWID;
