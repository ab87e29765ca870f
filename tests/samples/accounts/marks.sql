BEGIN TRANSACTION;
CREATE TABLE aside(
                path TEXT NOT NULL, kind TEXT NOT NULL, lines INTEGER NOT NULL,
                due INTEGER NOT NULL, detail TEXT NOT NULL
            );
CREATE TABLE assignment(
                gesture INTEGER NOT NULL,
                field TEXT NOT NULL,
                value TEXT NOT NULL,
                before TEXT,
                count INTEGER NOT NULL,
                ids BLOB NOT NULL
            );
INSERT INTO "assignment" VALUES(1,'starred','1',NULL,1,X'5B223862353563363137636339643133383865326166666130336532616166653065225D');
INSERT INTO "assignment" VALUES(2,'read','1',NULL,1,X'5B226537303666366562313430613463663635646438383064306431333863613139225D');
INSERT INTO "assignment" VALUES(3,'starred','1',NULL,1,X'5B223463636563313464343666386632646563363265376337363833363561663561225D');
CREATE TABLE clock(revision INTEGER NOT NULL, writes INTEGER NOT NULL, complete_from INTEGER NOT NULL DEFAULT 0, stamp INTEGER NOT NULL DEFAULT 1);
INSERT INTO "clock" VALUES(1795849354584989736,6,1795849354584989732,117309440000196608);
CREATE TABLE device(id TEXT PRIMARY KEY, name TEXT NOT NULL, seen INTEGER);
INSERT INTO "device" VALUES('laptop-0a1b2c3d','Laptop',NULL);
CREATE TABLE gesture(
                number INTEGER PRIMARY KEY,
                device TEXT NOT NULL,
                stamp INTEGER NOT NULL,
                undoes_device TEXT,
                undoes_stamp INTEGER,
                in_history INTEGER NOT NULL,
                size INTEGER NOT NULL DEFAULT 0,
                UNIQUE (device, stamp)
            );
INSERT INTO "gesture" VALUES(1,'laptop-0a1b2c3d',117309440000065536,NULL,NULL,1,137);
INSERT INTO "gesture" VALUES(2,'laptop-0a1b2c3d',117309440000131072,NULL,NULL,1,137);
INSERT INTO "gesture" VALUES(3,'laptop-0a1b2c3d',117309440000196608,NULL,NULL,1,137);
CREATE TABLE lost(id TEXT PRIMARY KEY, title TEXT, text TEXT) WITHOUT ROWID;
CREATE TABLE notice(text TEXT NOT NULL);
CREATE TABLE recent(revision INTEGER, id TEXT, PRIMARY KEY (revision, id))
            WITHOUT ROWID;
INSERT INTO "recent" VALUES(1795849354584989733,'8b55c617cc9d1388e2affa03e2aafe0e');
INSERT INTO "recent" VALUES(1795849354584989734,'e706f6eb140a4cf65dd880d0d138ca19');
INSERT INTO "recent" VALUES(1795849354584989735,'3b037d0863911225a9534d0c51b16b7a');
INSERT INTO "recent" VALUES(1795849354584989735,'72823a9561b1e06d049e689d411569ad');
INSERT INTO "recent" VALUES(1795849354584989736,'4ccec14d46f8f2dec62e7c768365af5a');
CREATE TABLE search(query TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE segment(
                path TEXT PRIMARY KEY, size INTEGER NOT NULL, hash TEXT NOT NULL,
                modified INTEGER NOT NULL
            ) WITHOUT ROWID;
CREATE TABLE session(article TEXT, query TEXT NOT NULL);
CREATE TABLE sync(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "sync" VALUES('agreement:dca356c745f80084','[1772884802, 1772884801]');
INSERT INTO "sync" VALUES('device','laptop-0a1b2c3d');
CREATE TABLE value(
                field TEXT, id TEXT, value TEXT NOT NULL, at INTEGER NOT NULL,
                PRIMARY KEY (field, id)
            ) WITHOUT ROWID;
INSERT INTO "value" VALUES('read','72823a9561b1e06d049e689d411569ad','1',117309440000131073);
INSERT INTO "value" VALUES('read','e706f6eb140a4cf65dd880d0d138ca19','1',117309440000131072);
INSERT INTO "value" VALUES('starred','3b037d0863911225a9534d0c51b16b7a','1',117309440000131073);
INSERT INTO "value" VALUES('starred','4ccec14d46f8f2dec62e7c768365af5a','1',117309440000196608);
INSERT INTO "value" VALUES('starred','8b55c617cc9d1388e2affa03e2aafe0e','1',117309440000065536);
CREATE INDEX gesture_by_stamp ON gesture(stamp);
CREATE INDEX undo ON gesture(undoes_device) WHERE undoes_device IS NOT NULL;
CREATE INDEX assignment_of ON assignment(gesture);
CREATE INDEX aside_of ON aside(path);
CREATE INDEX fields_of ON value(id, field) WHERE field NOT IN ('read', 'starred', 'position', 'opened', 'here')
    AND (field < 'agreed:' OR field > 'agreed;');
COMMIT;
PRAGMA user_version=7;
PRAGMA application_id=1919511663;
