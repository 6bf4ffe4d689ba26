-- What a server of the user allows its owner of the database, and what it promises. Every role may read it.
SELECT
  current_setting('server_version') AS version,
  current_setting('server_version_num')::integer AS version_number,
  current_setting('server_encoding') AS encoding,
  pg_is_in_recovery() AS is_standby,
  current_user AS owner,
  current_database() AS database,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
  (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) AS may_create_roles,
  (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) AS owns_database,
  -- The owner of the database is a member of pg_database_owner, to which the schema belongs in a new database.
  coalesce(
    (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public'), false
  ) AS owns_schema,
  to_regclass('public.schema_migration') IS NULL AND to_regnamespace('data') IS NOT NULL AS has_foreign_schema,
  current_setting('fsync') = 'on' AS fsync,
  current_setting('full_page_writes') = 'on' AS full_page_writes,
  current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('synchronous_standby_names') AS synchronous_standby_names
