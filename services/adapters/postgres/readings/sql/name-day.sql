-- The partition of a day and the index of its key, as statements name them.
SELECT indrelid::regclass::text AS partition, indexrelid::regclass::text AS index
FROM pg_index
WHERE indisprimary
  AND indrelid = to_regclass(quote_ident('{{table}}_' || to_char($1::date, 'YYYYMMDD')))
