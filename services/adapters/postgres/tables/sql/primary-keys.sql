-- The primary key of the table and of each of its partitions, the table first.
SELECT
  relation.relname AS name,
  (
    SELECT array_agg(attname::text ORDER BY position)
    FROM unnest(indkey::int2[]) WITH ORDINALITY AS key_column (number, position)
    JOIN pg_attribute ON attrelid = indrelid AND attnum = key_column.number
    WHERE position <= indnkeyatts
  ) AS columns,
  indisvalid AS is_valid,
  NOT indimmediate AS is_deferrable
FROM pg_class AS relation
LEFT JOIN pg_index ON indrelid = relation.oid AND indisprimary
WHERE relation.oid = '{{relation}}'::regclass
  OR relation.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = '{{relation}}'::regclass)
ORDER BY relation.oid <> '{{relation}}'::regclass, name
