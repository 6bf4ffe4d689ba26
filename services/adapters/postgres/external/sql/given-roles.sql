-- The roles of the services that exist, and what the owner of the database may do with them.
SELECT rolname AS name, rolcanlogin AS may_log_in,
  pg_has_role(oid, 'USAGE') AS is_inherited,
  pg_has_role(oid, 'SET') AS may_be_set,
  pg_has_role(oid, 'USAGE WITH ADMIN OPTION') AS may_be_changed
FROM pg_roles
WHERE rolname = ANY ($1)
