-- The names of the partition of a day and of its primary key index, quoted for use in statements.
SELECT indrelid::regclass::text AS partition, indexrelid::regclass::text AS index
FROM pg_index
WHERE indisprimary
  AND indrelid = to_regclass(quote_ident('{{table}}_' || to_char($1::date, 'YYYYMMDD')))
