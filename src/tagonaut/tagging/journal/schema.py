"""The tables of the journal."""

APPLICATION = 0x7461676F
VERSION = 5

_FACTS = """
CREATE TABLE facts (
    path BLOB NOT NULL,
    tag TEXT NOT NULL,
    label TEXT NOT NULL,            -- the label that the tag stands for
    run TEXT NOT NULL,
    score REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('written', 'confirmed', 'refused', 'undone')),
    time REAL NOT NULL,
    PRIMARY KEY (path, tag)
) WITHOUT ROWID;
"""
_ARCHIVE_2 = "CREATE TABLE archive (root BLOB NOT NULL);"
_ARCHIVE = """
CREATE TABLE archive (
    root BLOB NOT NULL,             -- its folder at the last run
    id TEXT,                        -- NULL: it could not be written there
    inode INTEGER                   -- of the folder: a moved one keeps it; NULL: unknown
);
"""
_SOURCE = """
CREATE TABLE source (               -- the folder of the photos, where tags go elsewhere: one row
    root BLOB NOT NULL,
    id TEXT,                        -- of its own, if it was tagged too
    inode INTEGER                   -- NULL: unknown, or it tells nothing
);
"""
_FAILURES = """
CREATE TABLE failures (             -- and notes: the last of each photo in each run
    path BLOB NOT NULL,             -- the photo, or a folder
    run TEXT NOT NULL,              -- empty: tags were to be removed
    time REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (path, run)
) WITHOUT ROWID;
CREATE INDEX failures_by_time ON failures (time, path, run);
"""
_BY_PIXELS = "CREATE INDEX writes_by_pixels ON writes (pixels);"
_BY_DIGEST = "CREATE INDEX writes_by_digest ON writes (digest_after);"
_BY_PHOTO = "CREATE INDEX writes_by_photo ON writes (sidecar_of) WHERE sidecar_of IS NOT NULL;"
_ORIGINALS = """
CREATE TABLE originals (            -- what rebuilds the file before a write from that after it
    write INTEGER PRIMARY KEY,
    delta BLOB NOT NULL
);
"""

_UNWRITABLE = """
CREATE TABLE unwritable (           -- photos that cannot be written as long as they do not change
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    reason TEXT NOT NULL,
    version TEXT NOT NULL           -- of Tagonaut and ExifTool, for others may know more; and the
                                    -- run, unless the file alone decides
) WITHOUT ROWID;
"""

# `facts` says which tags of ours a photo has, `writes` how they were written and how to undo that.
# Paths are relative to the root, and bytes: names need not be UTF-8. A path names the file that
# holds the tags: the photo, or its sidecar. A path that begins with a NUL byte keeps the history
# of a photo that was replaced by another. `beside` is the sidecar that the photo itself has where
# ours is elsewhere, `runs` (a JSON object) the runs of tags that stay in a new copy.
SCHEMA = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    labels TEXT NOT NULL,           -- a JSON list, the columns of its scores
    choice TEXT NOT NULL DEFAULT '{{}}' -- a JSON object: which tags were chosen, and their names
);
CREATE TABLE photos (               -- files that a run finished
    path BLOB PRIMARY KEY,
    run TEXT,                       -- NULL: its tags were removed
    source_size INTEGER NOT NULL,
    source_mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    time REAL NOT NULL,
    sidecar_of BLOB,                -- the photo if the file is a sidecar
    beside_size INTEGER,
    beside_mtime_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE writes (
    number INTEGER PRIMARY KEY,
    path BLOB NOT NULL,
    run TEXT,                       -- NULL: a write that removes tags
    time REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('writing', 'done', 'undone', 'failed')),
    source_size INTEGER NOT NULL,
    source_mtime_ns INTEGER NOT NULL,
    before TEXT NOT NULL,           -- keyword fields, JSON
    after TEXT NOT NULL,
    digest_before TEXT NOT NULL,    -- SHA-256 of the whole file; empty: no file
    digest_after TEXT NOT NULL,
    tags TEXT NOT NULL,             -- a JSON object: the added tags, and their scores
    afresh INTEGER NOT NULL,        -- 1: made from the source, without earlier writes
    labels TEXT NOT NULL DEFAULT '{{}}', -- a JSON object: labels by tag, where they differ
    taken TEXT NOT NULL DEFAULT '[]', -- a JSON list: the removed tags; none and no run: all
    sidecar_of BLOB,
    digest_there TEXT,              -- SHA-256 of the replaced file; empty: no file
    pixels TEXT,                    -- digest of the pixels; NULL: unknown
    capture TEXT,                   -- when and by which camera it was taken; NULL: unknown
    beside_size INTEGER,
    beside_mtime_ns INTEGER,
    runs TEXT NOT NULL DEFAULT '{{}}'
);
CREATE INDEX writes_by_path ON writes (path, state);
CREATE INDEX writes_under_way ON writes (state) WHERE state = 'writing';
{_BY_DIGEST}
{_BY_PHOTO}
{_ORIGINALS}
{_BY_PIXELS}
{_FACTS}
CREATE TABLE scores (
    run TEXT NOT NULL,
    path BLOB NOT NULL,
    scores BLOB NOT NULL,           -- little-endian float32, one per label
    PRIMARY KEY (run, path)
) WITHOUT ROWID;
{_ARCHIVE}
{_SOURCE}
{_UNWRITABLE}
{_FAILURES}
"""

# The statements that turn a journal of each earlier version into the next.
MIGRATIONS = {
    1: f"""
ALTER TABLE runs ADD COLUMN choice TEXT NOT NULL DEFAULT '{{}}';
ALTER TABLE photos ADD COLUMN sidecar_of BLOB;
ALTER TABLE writes ADD COLUMN labels TEXT NOT NULL DEFAULT '{{}}';
ALTER TABLE writes ADD COLUMN taken TEXT NOT NULL DEFAULT '[]';
ALTER TABLE writes ADD COLUMN sidecar_of BLOB;
ALTER TABLE facts RENAME TO facts_1;
{_FACTS}
INSERT INTO facts SELECT path, tag, tag, run, score, state, time FROM facts_1;
DROP TABLE facts_1;
{_ARCHIVE_2}
PRAGMA user_version = 2;
""",
    2: f"""
ALTER TABLE archive ADD COLUMN id TEXT;
ALTER TABLE writes ADD COLUMN digest_there TEXT;
ALTER TABLE writes ADD COLUMN pixels TEXT;
{_BY_DIGEST}
PRAGMA user_version = 3;
""",
    3: """
ALTER TABLE archive ADD COLUMN inode INTEGER;
PRAGMA user_version = 4;
""",
    4: f"""
{_BY_PHOTO}
{_ORIGINALS}
{_UNWRITABLE}
ALTER TABLE writes ADD COLUMN capture TEXT;
ALTER TABLE writes ADD COLUMN beside_size INTEGER;
ALTER TABLE writes ADD COLUMN beside_mtime_ns INTEGER;
ALTER TABLE writes ADD COLUMN runs TEXT NOT NULL DEFAULT '{{}}';
ALTER TABLE photos ADD COLUMN beside_size INTEGER;
ALTER TABLE photos ADD COLUMN beside_mtime_ns INTEGER;
{_SOURCE}
{_BY_PIXELS}
{_FAILURES}
PRAGMA user_version = 5;
""",
}
