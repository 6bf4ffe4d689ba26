-- The row is the lock: whoever holds it may go on with the partition, as long as its log is the topic's current one.
SELECT next_offset
FROM partition_ledger
WHERE log_id = $1
  AND partition = $2
  AND log_id = (
    SELECT max(same_topic.id)
    FROM event_log AS own
    JOIN event_log AS same_topic USING (topic)
    WHERE own.id = $1
  )
FOR UPDATE OF partition_ledger
