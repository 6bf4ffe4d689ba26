-- The columns of a table in the schema "data". Null as name: the table has no columns.
SELECT attname AS name, attgenerated <> '' OR attidentity = 'a' AS is_generated
FROM pg_class AS relation
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
WHERE relation.relnamespace = 'data'::regnamespace AND relation.relname = $1
  AND relation.relkind IN ('r', 'p', 'v', 'f')
ORDER BY attnum
