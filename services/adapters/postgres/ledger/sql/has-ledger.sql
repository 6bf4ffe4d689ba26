-- Whether the pipeline has a ledger in any log of the topic.
SELECT EXISTS (
  SELECT
  FROM partition_ledger
  JOIN event_log ON event_log.id = partition_ledger.log_id
  WHERE pipeline = $1
    AND topic = $2
) AS found
