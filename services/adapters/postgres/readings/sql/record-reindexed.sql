-- Stores the size of an index after its reindex, and deletes the entries of dropped days.
WITH gone AS (
  DELETE FROM reindexed_day
  WHERE NOT EXISTS (SELECT FROM pg_class WHERE pg_class.oid = reindexed_day.partition)
)
INSERT INTO reindexed_day AS present (partition, bytes)
VALUES ($1::regclass, pg_relation_size($2::regclass))
ON CONFLICT (partition) DO UPDATE
SET bytes = excluded.bytes, reindexed_at = now()
RETURNING bytes
