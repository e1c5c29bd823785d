-- One table per kind of object: its id, the index of its last change, and the document as JSON.
CREATE TABLE grid          (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE node          (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE stack         (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE service       (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE assignment    (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE observation   (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE deploy        (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE source        (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE source_status (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE credentials   (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE revision      (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE plan          (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE token         (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Every change there ever was, within the retention: audit log, event log and history.
CREATE TABLE journal (
    idx       INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    time      INTEGER NOT NULL, -- milliseconds since 1970, UTC
    cause     TEXT    NOT NULL, -- JSON
    kind      TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    operation TEXT    NOT NULL, -- create, update, remove
    before    TEXT    NOT NULL, -- JSON, empty when there is none
    after     TEXT    NOT NULL,
    PRIMARY KEY (idx, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_by_id ON journal (id, idx);
CREATE INDEX journal_by_time ON journal (time);

CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('index', 0);
