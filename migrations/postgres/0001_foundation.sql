-- Accounts, clients, sessions, grants and what guards them. The SQLite file of the same name holds the same tables
-- and columns; times are seconds since 1970, digests 32 bytes, lists and documents JSON as text.

CREATE TABLE accounts (
    id UUID PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    profile BYTEA NOT NULL,
    disabled_at BIGINT,
    disabled_for TEXT,
    locked_at BIGINT,
    deleted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE passwords (
    account_id UUID PRIMARY KEY NOT NULL REFERENCES accounts (id),
    hash TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE clients (
    id UUID PRIMARY KEY NOT NULL,
    metadata TEXT NOT NULL,
    secret_digest BYTEA,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE sessions (
    id UUID PRIMARY KEY NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    secret_digest BYTEA NOT NULL UNIQUE,
    authentications TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What a password proved while a further step is due: never a session.
CREATE TABLE pending_authentications (
    id UUID PRIMARY KEY NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    interaction_id UUID NOT NULL,
    secret_digest BYTEA NOT NULL UNIQUE,
    step TEXT NOT NULL,
    authentication TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX pending_authentications_by_expiry ON pending_authentications (expires_at);

-- One row is the whole life of what one answered request gave one client: its code, then all its tokens.
CREATE TABLE grants (
    id UUID PRIMARY KEY NOT NULL,
    client_id UUID NOT NULL REFERENCES clients (id),
    account_id UUID NOT NULL REFERENCES accounts (id),
    session_id UUID NOT NULL REFERENCES sessions (id),
    terms TEXT NOT NULL,
    offline BOOLEAN NOT NULL,
    code_digest BYTEA NOT NULL,
    code_expires_at BIGINT NOT NULL,
    redeemed_at BIGINT,
    refresh_digest BYTEA,
    refresh_previous BYTEA,
    refresh_generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_account ON grants (account_id, client_id);
CREATE INDEX grants_by_expiry ON grants (expires_at);

CREATE TABLE consents (
    account_id UUID NOT NULL REFERENCES accounts (id),
    client_id UUID NOT NULL REFERENCES clients (id),
    scope TEXT NOT NULL,
    claims TEXT NOT NULL,
    client_digest BYTEA NOT NULL,
    given_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, client_id)
);

CREATE TABLE revoked_access_tokens (
    id UUID PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_access_tokens_by_expiry ON revoked_access_tokens (expires_at);

CREATE TABLE client_assertions (
    digest BYTEA PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX client_assertions_by_expiry ON client_assertions (expires_at);

CREATE TABLE spent_challenges (
    digest BYTEA PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_challenges_by_expiry ON spent_challenges (expires_at);

-- One row a submitted name (as a keyed digest, known or not): two budgets, and the count over both.
CREATE TABLE name_throttles (
    name_digest BYTEA PRIMARY KEY NOT NULL,
    known_failures BIGINT NOT NULL,
    known_locked_until BIGINT NOT NULL,
    other_failures BIGINT NOT NULL,
    other_locked_until BIGINT NOT NULL,
    consecutive BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX name_throttles_by_age ON name_throttles (updated_at);

CREATE TABLE source_throttles (
    source_digest BYTEA PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    window_ends_at BIGINT NOT NULL
);
CREATE INDEX source_throttles_by_age ON source_throttles (window_ends_at);

CREATE TABLE signing_keys (
    id UUID PRIMARY KEY NOT NULL,
    kid TEXT NOT NULL UNIQUE,
    algorithm TEXT NOT NULL,
    private_key BYTEA NOT NULL,
    published_at BIGINT NOT NULL,
    activated_at BIGINT,
    retired_at BIGINT,
    expires_at BIGINT
);

-- What caches ask once a moment: has anything of this kind changed?
CREATE TABLE versions (
    name TEXT PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO versions (name, version) VALUES ('clients', 1), ('signing_keys', 1);

CREATE TABLE audit_events (
    id UUID PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    account_id UUID,
    client_id UUID,
    session_id UUID,
    grant_id UUID,
    detail TEXT NOT NULL
);
CREATE INDEX audit_events_by_account ON audit_events (account_id, at);

-- Append-only: nothing in Fuxin changes or removes a row, and neither does a slip of a hand.
CREATE FUNCTION refuse_change_of_audit_events() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit_events is append-only'; END $$;
CREATE TRIGGER audit_events_are_append_only BEFORE UPDATE OR DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_events();
CREATE TRIGGER audit_events_are_never_emptied BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_events();
