-- The columns of each unique index of a table on which rows can be updated (ON CONFLICT). None: it has no such index.
SELECT ARRAY(
  SELECT attname::text
  FROM unnest(indkey::int2[]) WITH ORDINALITY AS key_column (number, position)
  JOIN pg_attribute ON attrelid = indrelid AND attnum = key_column.number
  WHERE position <= indnkeyatts
  ORDER BY attname
) AS columns
FROM pg_index
WHERE indrelid = to_regclass($1) AND indisunique AND indisvalid AND indimmediate
  AND indpred IS NULL AND indexprs IS NULL
