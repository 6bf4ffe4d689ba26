-- Keeps the size of an index that was just built, and forgets days that are gone.
WITH gone AS (
  DELETE FROM reindexed_day
  WHERE NOT EXISTS (SELECT FROM pg_class WHERE pg_class.oid = reindexed_day.partition)
)
INSERT INTO reindexed_day AS present (partition, bytes)
VALUES ($1::regclass, pg_relation_size($2::regclass))
ON CONFLICT (partition) DO UPDATE
SET bytes = excluded.bytes, reindexed_at = now()
RETURNING bytes
