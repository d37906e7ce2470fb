-- What the owner of an account is told outside the pages. Written in the transaction of what it tells of; purged by age.
-- The content (who is written to, and the values of the text) is sealed. The SQLite file of the same name holds the
-- same table.

CREATE TABLE messages (
    id UUID PRIMARY KEY NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    channel TEXT NOT NULL,
    purpose TEXT NOT NULL,
    language TEXT NOT NULL,
    content BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX messages_by_age ON messages (created_at);
