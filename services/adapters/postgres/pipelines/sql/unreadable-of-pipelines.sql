-- One report of each pipeline that waits where Kafka's file of a partition cannot be read.
SELECT DISTINCT ON (unreadable.pipeline)
  unreadable.pipeline, log.topic, unreadable.partition, unreadable.first_offset, unreadable.reason
FROM unreadable_offsets AS unreadable
JOIN event_log AS log ON log.id = unreadable.log_id
JOIN partition_ledger AS ledger
  ON ledger.pipeline = unreadable.pipeline
  AND ledger.log_id = unreadable.log_id
  AND ledger.partition = unreadable.partition
  AND ledger.next_offset = unreadable.first_offset
WHERE log.id = (SELECT max(newest.id) FROM event_log AS newest WHERE newest.topic = log.topic)
ORDER BY unreadable.pipeline, unreadable.partition
