-- The days that have a partition: total size, size of the primary key index, size of that index after
-- its last reindex, whether an interrupted reindex has left an invalid index, and whether it is closed.
-- Partitions with other names were attached by a user and are ignored.
SELECT
  to_char(to_date(right(child.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') AS day,
  pg_total_relation_size(child.oid) AS bytes,
  pg_relation_size(key.indexrelid) AS "indexBytes",
  COALESCE(reindexed.bytes, 0) AS "reindexedBytes",
  EXISTS (
    SELECT FROM pg_index JOIN pg_class AS other ON other.oid = indexrelid
    WHERE indrelid = child.oid AND NOT indisvalid AND other.relname ~ '_cc(new|old)[0-9]*$'
  ) AS "hasUnfinishedIndex",
  EXISTS (
    SELECT FROM pg_constraint WHERE conrelid = child.oid AND conname = 'day_closed'
  ) AS closed
FROM pg_inherits
JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
JOIN pg_index AS key ON key.indrelid = child.oid AND key.indisprimary
LEFT JOIN reindexed_day AS reindexed ON reindexed.partition = child.oid
WHERE pg_inherits.inhparent = '"{{table}}"'::regclass
  AND child.relname ~ '^{{table}}_[0-9]{8}$'
ORDER BY day
