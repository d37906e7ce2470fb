-- What clients may bring since: a secret that must stay readable, because something is signed with it. The PostgreSQL file of
-- the same name changes the same.

ALTER TABLE clients ADD COLUMN secret_sealed BLOB;
