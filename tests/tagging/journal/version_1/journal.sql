PRAGMA application_id = 1952540527;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE facts (
    path BLOB NOT NULL,
    tag TEXT NOT NULL,
    run TEXT NOT NULL,
    score REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('written', 'refused', 'undone')),
    time REAL NOT NULL,
    PRIMARY KEY (path, tag)
) WITHOUT ROWID;
INSERT INTO "facts" VALUES(X'612E6A7067','B','run-2',0.865686297416687,'written',1.79528954108433580396e+09);
INSERT INTO "facts" VALUES(X'612E6A7067','green','run-1',0.865686297416687,'refused',1.79528954023723602293e+09);
INSERT INTO "facts" VALUES(X'612E6A7067','red','run-1',8.69607865810394287109e-01,'written',1.7952895389801580906e+09);
INSERT INTO "facts" VALUES(X'612E6A7067','é','run-2',8.69607865810394287109e-01,'written',1.79528954108418297764e+09);
CREATE TABLE photos (               -- photos that a run ended well with
    path BLOB PRIMARY KEY,
    run TEXT,                       -- NULL: its tags were taken back
    source_size INTEGER NOT NULL,
    source_mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    time REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "photos" VALUES(X'612E6A7067','run-2',3616,1795289540100527939,3691,1795289540830438715,1.7952895410844008923e+09);
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    labels TEXT NOT NULL            -- a JSON list, the columns of its scores
);
INSERT INTO "runs" VALUES('run-1','["red", "green", "blue", "Caf\u00e9 cr\u00e8me"]');
INSERT INTO "runs" VALUES('run-2','["\u00e9", "B", "C", "D"]');
CREATE TABLE scores (
    run TEXT NOT NULL,
    path BLOB NOT NULL,
    scores BLOB NOT NULL,           -- little-endian float32, one a label
    PRIMARY KEY (run, path)
) WITHOUT ROWID;
INSERT INTO "scores" VALUES('run-1',X'612E6A7067',X'9F9E5E3F9E9D5D3FA8A7273E92E6BB3E');
INSERT INTO "scores" VALUES('run-2',X'612E6A7067',X'9F9E5E3F9E9D5D3FA8A7273E92E6BB3E');
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
INSERT INTO "writes" VALUES(1,X'612E6A7067','run-1',1.79528953896437335011e+09,'done',3583,1795289537736527885,'{"iptc": ["old"], "subject": ["old"], "hierarchical": [], "charset": null, "envelope": null, "version": "4", "digest": null, "true_digest": "50e4eac469fd54b27225080734640898", "encoding": "ascii", "seal": "1d653bbda88ee995b727d6f35a224b0877814599f7f47d781dab23c2e6767369"}','{"iptc": ["old", "red", "green"], "subject": ["old", "red", "green"], "hierarchical": [], "charset": null, "envelope": null, "version": "4", "digest": null, "true_digest": "5bc3123171afa8252a8e40e7be85f1eb", "encoding": "ascii", "seal": "15be405532c1b75a0978dfd22076d46a035c7be3dcbf3a664cdf17a7be0de8d0"}','5057e4e3caebf084774a47e2482231632beb6509838d1415231f8c8df002af53','fc7baff70b4e493c46a25a4ae12cb133361d690ebdecfeb48c0c5908af97d116','{"red": 0.8696078658103943, "green": 0.865686297416687}',0);
INSERT INTO "writes" VALUES(2,X'612E6A7067','run-2',1.79528954096906805037e+09,'done',3616,1795289540100527939,'{"iptc": ["old", "red"], "subject": ["old", "red"], "hierarchical": [], "charset": null, "envelope": null, "version": "4", "digest": null, "true_digest": "faaf4976efee49844b6826db475a975c", "encoding": "ascii", "seal": "c2a4ef57a227688fc182bf0ad04583e09a79445f791b14f4667a72e637939acd"}','{"iptc": ["old", "red", "\u00e9", "B"], "subject": ["old", "red", "\u00e9", "B"], "hierarchical": [], "charset": "UTF8", "envelope": "4", "version": "4", "digest": null, "true_digest": "803d8462ac1ae0f7a2e98d12e4f162b1", "encoding": "utf-8", "seal": "dc796b390dbc4294e6bc64078bbd043754f31cc662ebbb18ed18650468b15d2a"}','7a2f930b6d72e2f3986d23efcea6887f8aa390dba59d59d95da8a6ad5ee06363','20b5d91dacaa65f11447622a686093d0bb8921ac144efa5e860c1b3d026a0afd','{"\u00e9": 0.8696078658103943, "B": 0.865686297416687}',0);
CREATE INDEX writes_by_path ON writes (path, state);
CREATE INDEX writes_under_way ON writes (state) WHERE state = 'writing';
COMMIT;
