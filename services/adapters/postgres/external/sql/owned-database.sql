-- Whether a database exists, and whether it belongs to the role of the connection, which may be to another database.
SELECT pg_has_role(datdba, 'USAGE') AS is_owner FROM pg_database WHERE datname = $1
