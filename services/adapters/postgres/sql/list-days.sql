-- The days that have their partition, with their bytes on disk (indexes and all). What somebody
-- has attached under another name is not ours.
SELECT
  to_char(to_date(right(child.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') AS day,
  pg_total_relation_size(child.oid) AS bytes,
  EXISTS (
    SELECT FROM pg_constraint WHERE conrelid = child.oid AND conname = 'day_closed'
  ) AS closed
FROM pg_inherits
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
WHERE pg_inherits.inhparent = '"{{table}}"'::regclass
  AND child.relname ~ '^{{table}}_[0-9]{8}$'
ORDER BY day
