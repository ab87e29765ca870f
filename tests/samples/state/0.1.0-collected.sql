PRAGMA application_id=1919511651;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE article(
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            feed INTEGER NOT NULL,
            path TEXT NOT NULL,
            seen INTEGER NOT NULL,
            said BLOB NOT NULL,
            file BLOB NOT NULL,
            body BLOB NOT NULL,
            done INTEGER NOT NULL
        );
INSERT INTO "article" VALUES(1,'i',2,'a.md',0,X'AA',X'BB',X'CC',1);
CREATE TABLE feed(
            number INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            source TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            site TEXT NOT NULL DEFAULT '',
            etag TEXT NOT NULL DEFAULT '',
            last_modified TEXT NOT NULL DEFAULT '',
            asked_as TEXT NOT NULL DEFAULT '',
            fresh_until INTEGER,
            ttl INTEGER NOT NULL DEFAULT 0,
            skip_hours TEXT NOT NULL DEFAULT '',
            skip_days TEXT NOT NULL DEFAULT '',
            last_try INTEGER,
            last_success INTEGER,
            last_new INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            failure TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            retry_at INTEGER,
            moved_to TEXT NOT NULL DEFAULT '',
            dead TEXT NOT NULL DEFAULT ''
        );
INSERT INTO "feed" VALUES(1,'a.example/f','','','','','','',NULL,0,'','',NULL,NULL,NULL,0,'','',NULL,'http://a.example/f','');
INSERT INTO "feed" VALUES(2,'b.example/f','B','','','','','',NULL,0,'','',NULL,NULL,NULL,0,'','',NULL,'','');
CREATE TABLE key(
            feed INTEGER NOT NULL,
            value INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            article INTEGER NOT NULL,
            PRIMARY KEY (feed, value, kind, article)
        ) WITHOUT ROWID;
CREATE TABLE notice(text TEXT NOT NULL);
CREATE INDEX article_feed ON article(feed);
CREATE INDEX key_anywhere ON key(value) WHERE kind = 1;
COMMIT;
