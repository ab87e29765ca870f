BEGIN TRANSACTION;
CREATE TABLE clock(revision INTEGER NOT NULL, writes INTEGER NOT NULL, complete_from INTEGER NOT NULL DEFAULT 0);
INSERT INTO "clock" VALUES(1795842440501395022,8,1795842440501395017);
CREATE TABLE mark(
                id TEXT PRIMARY KEY,
                read INTEGER NOT NULL DEFAULT 0,
                starred INTEGER NOT NULL DEFAULT 0,
                position INTEGER NOT NULL DEFAULT 0,
                opened INTEGER
            ) WITHOUT ROWID;
INSERT INTO "mark" VALUES('https://example.org/a',1,0,0,NULL);
INSERT INTO "mark" VALUES('notes/b.md',1,1,1204,1772875815123456);
INSERT INTO "mark" VALUES('notes/d.md',0,1,0,NULL);
CREATE TABLE notice(text TEXT NOT NULL);
CREATE TABLE recent(revision INTEGER, id TEXT, PRIMARY KEY (revision, id))
            WITHOUT ROWID;
INSERT INTO "recent" VALUES(1795842440501395018,'https://example.org/a');
INSERT INTO "recent" VALUES(1795842440501395018,'notes/b.md');
INSERT INTO "recent" VALUES(1795842440501395018,'三');
INSERT INTO "recent" VALUES(1795842440501395019,'三');
INSERT INTO "recent" VALUES(1795842440501395020,'notes/b.md');
INSERT INTO "recent" VALUES(1795842440501395020,'notes/d.md');
INSERT INTO "recent" VALUES(1795842440501395021,'https://example.org/a');
INSERT INTO "recent" VALUES(1795842440501395022,'https://example.org/a');
CREATE TABLE search(query TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "search" VALUES('ivory',1);
CREATE TABLE session(article TEXT, query TEXT NOT NULL);
INSERT INTO "session" VALUES('notes/b.md','ivory is:unread');
CREATE TABLE tag(tag TEXT, id TEXT, PRIMARY KEY (tag, id)) WITHOUT ROWID;
INSERT INTO "tag" VALUES('ivory','https://example.org/a');
CREATE INDEX starred ON mark(id) WHERE starred;
CREATE INDEX tags_of ON tag(id);
COMMIT;
PRAGMA application_id=1919511663;
PRAGMA user_version=3;
