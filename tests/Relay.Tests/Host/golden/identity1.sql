-- identity.db of version 1. The secret is the relay's static key of docs/PROTOCOL.md's known answer.
CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, secret BLOB NOT NULL);
INSERT INTO identity VALUES (1, 1, X'564ad0abf273dee23a38af905ab1caa3260c7b67cba34322cf95bdb0f4edba877ace4cebc7e7f0cb4a52db4126ee20ea9d17e693912abd0d0517e7dbddcc1a6b62ae47c5fa6978e148b9b75913421763f82ff41174b21cd3b3d58386fa7b05e5');
