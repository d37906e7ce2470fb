-- What clients may bring since: a secret that must stay readable, because something is signed with it. The SQLite file of
-- the same name changes the same.

ALTER TABLE clients ADD COLUMN secret_sealed BYTEA;

-- What lets its bearer register clients: how far that reaches, how many, until when.
CREATE TABLE initial_access_tokens (
    id UUID PRIMARY KEY NOT NULL,
    digest BYTEA NOT NULL UNIQUE,
    name TEXT NOT NULL,
    policy TEXT NOT NULL,
    clients_left BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- Of clients that registered themselves: with which token, by which digest they are known at their own address, when they
-- were used first. A deleted client's row stays for what speaks of it.
ALTER TABLE clients ADD COLUMN registered_with UUID REFERENCES initial_access_tokens (id);
ALTER TABLE clients ADD COLUMN registration_digest BYTEA;
ALTER TABLE clients ADD COLUMN first_used_at BIGINT;
ALTER TABLE clients ADD COLUMN deleted_at BIGINT;
CREATE INDEX clients_never_used ON clients (created_at)
    WHERE registered_with IS NOT NULL AND first_used_at IS NULL AND deleted_at IS NULL;

CREATE TABLE client_logos (
    client_id UUID PRIMARY KEY NOT NULL REFERENCES clients (id),
    name TEXT NOT NULL,
    png BYTEA NOT NULL
);
CREATE INDEX client_logos_by_name ON client_logos (name);
CREATE INDEX consents_by_client ON consents (client_id);
