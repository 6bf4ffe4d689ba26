-- The rows are the locks: whoever holds one may go on with its partition, as long as its log is the topic's current one.
-- Taken in the order of the partitions, so that nobody waits in a circle.
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
