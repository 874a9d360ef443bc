"""The tables of the journal."""

APPLICATION = 0x7461676F
VERSION = 1

# `facts` is the one table that says which tags of ours a photo has; `writes` is how they came there
# and how they go again. Paths are relative to the root, and bytes: names need not be UTF-8.
SCHEMA = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    labels TEXT NOT NULL            -- a JSON list, the columns of its scores
);
CREATE TABLE photos (               -- photos that a run ended well with
    path BLOB PRIMARY KEY,
    run TEXT,                       -- NULL: its tags were taken back
    source_size INTEGER NOT NULL,
    source_mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    time REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE writes (
    number INTEGER PRIMARY KEY,
    path BLOB NOT NULL,
    run TEXT,                       -- NULL: a write that takes tags back
    time REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('writing', 'done', 'undone', 'failed')),
    source_size INTEGER NOT NULL,
    source_mtime_ns INTEGER NOT NULL,
    before TEXT NOT NULL,           -- keyword fields, JSON
    after TEXT NOT NULL,
    digest_before TEXT NOT NULL,    -- SHA-256 of the whole file
    digest_after TEXT NOT NULL,
    tags TEXT NOT NULL,             -- a JSON object: the tags that it added, and their scores
    afresh INTEGER NOT NULL         -- 1: made from the source, without earlier writes
);
CREATE INDEX writes_by_path ON writes (path, state);
CREATE INDEX writes_under_way ON writes (state) WHERE state = 'writing';
CREATE TABLE facts (
    path BLOB NOT NULL,
    tag TEXT NOT NULL,
    run TEXT NOT NULL,
    score REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('written', 'refused', 'undone')),
    time REAL NOT NULL,
    PRIMARY KEY (path, tag)
) WITHOUT ROWID;
CREATE TABLE scores (
    run TEXT NOT NULL,
    path BLOB NOT NULL,
    scores BLOB NOT NULL,           -- little-endian float32, one a label
    PRIMARY KEY (run, path)
) WITHOUT ROWID;
"""
