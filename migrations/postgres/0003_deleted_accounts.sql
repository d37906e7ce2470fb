-- The few accounts that are deleted, for the purge of what is no longer remembered of them. The SQLite file of the
-- same name makes the same index.

CREATE INDEX accounts_by_deletion ON accounts (deleted_at) WHERE deleted_at IS NOT NULL;
