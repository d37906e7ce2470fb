-- Clients that must be told that a session has ended (Back-Channel Logout), each until it was or its time is over. Written
-- in the transaction that ends the session. No row refers to another table: a session or client that is removed meanwhile
-- is no reason to fail. The SQLite file of the same name holds the same table.

CREATE TABLE logout_deliveries (
    session_id UUID NOT NULL,
    client_id UUID NOT NULL,
    account_id UUID NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (session_id, client_id)
);
CREATE INDEX logout_deliveries_by_due ON logout_deliveries (due_at);
