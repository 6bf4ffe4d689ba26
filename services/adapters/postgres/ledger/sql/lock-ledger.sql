-- The ledger rows are locks: the holder may continue with the partition if its log is the current log of the topic.
-- Locked in the order of partitions to prevent deadlocks.
SELECT partition, next_offset
FROM partition_ledger
WHERE pipeline = $1
  AND log_id = $2
  AND partition = ANY ($3::integer[])
  AND log_id = (
    SELECT max(same_topic.id)
    FROM event_log AS own
    JOIN event_log AS same_topic USING (topic)
    WHERE own.id = $2
  )
ORDER BY partition
FOR UPDATE OF partition_ledger
