-- The column that the trigger reads. Null as type: there is no such column.
SELECT format_type(atttypid, NULL) AS type
FROM pg_class AS relation
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = $3 AND attnum > 0 AND NOT attisdropped
WHERE relation.relnamespace = to_regnamespace($1) AND relation.relname = $2
  AND relation.relkind IN ('r', 'p')
