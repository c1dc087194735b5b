CREATE INDEX calls_by_cid ON calls (substr(cid, 1, 8))
CREATE INDEX calls_by_hid ON calls (substr(hid, 1, 8))
CREATE INDEX calls_by_op ON calls (op_id)
CREATE INDEX runs_by_session ON runs (session)
CREATE INDEX spans_by_call ON spans (call_id)
CREATE TABLE calls ( id INTEGER NOT NULL, hid BLOB NOT NULL, cid BLOB NOT NULL, op_id INTEGER NOT NULL, version_id INTEGER NOT NULL, status SMALLINT NOT NULL, executed BOOLEAN NOT NULL, started_us BIGINT NOT NULL, duration_us BIGINT NOT NULL, links BLOB NOT NULL, error TEXT, PRIMARY KEY (id), FOREIGN KEY(op_id) REFERENCES ops (id), FOREIGN KEY(version_id) REFERENCES code_versions (id) )
CREATE TABLE code_versions ( id INTEGER NOT NULL, op_id INTEGER NOT NULL, digest BLOB NOT NULL, representative BLOB NOT NULL, code TEXT NOT NULL, seen_us BIGINT NOT NULL, PRIMARY KEY (id), UNIQUE (op_id, digest), FOREIGN KEY(op_id) REFERENCES ops (id) )
CREATE TABLE edges ( head BLOB NOT NULL, call_id INTEGER NOT NULL, PRIMARY KEY (head, call_id), FOREIGN KEY(call_id) REFERENCES calls (id) ) WITHOUT ROWID
CREATE TABLE events ( seq INTEGER NOT NULL, at_us BIGINT NOT NULL, kind TEXT NOT NULL, call_id INTEGER, detail TEXT, PRIMARY KEY (seq), FOREIGN KEY(call_id) REFERENCES calls (id) )
CREATE TABLE migrations ( name TEXT NOT NULL, applied_us BIGINT NOT NULL, PRIMARY KEY (name) )
CREATE TABLE ops ( id INTEGER NOT NULL, "key" TEXT NOT NULL, name TEXT NOT NULL, spec TEXT NOT NULL, PRIMARY KEY (id), UNIQUE ("key") )
CREATE TABLE runs ( id INTEGER NOT NULL, name TEXT NOT NULL, started_us BIGINT NOT NULL, session TEXT NOT NULL, kernel TEXT NOT NULL, user TEXT NOT NULL, git_commit TEXT NOT NULL, python TEXT NOT NULL, packages TEXT NOT NULL, PRIMARY KEY (id), UNIQUE (name) )
CREATE TABLE spans ( run_id INTEGER NOT NULL, seq INTEGER NOT NULL, parent INTEGER, depth INTEGER NOT NULL, call_id INTEGER NOT NULL, status SMALLINT NOT NULL, started_us BIGINT NOT NULL, duration_us BIGINT NOT NULL, PRIMARY KEY (run_id, seq), FOREIGN KEY(run_id) REFERENCES runs (id), FOREIGN KEY(call_id) REFERENCES calls (id) ) WITHOUT ROWID
CREATE TABLE stored_values ( id INTEGER NOT NULL, cid BLOB NOT NULL, format TEXT NOT NULL, digest BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (id), UNIQUE (cid) )
