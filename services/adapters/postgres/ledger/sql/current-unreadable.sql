-- A report is over when the ledger has passed its offset.
SELECT unreadable.log_id, unreadable.partition, unreadable.first_offset, unreadable.last_offset, unreadable.reason
FROM unreadable_offsets AS unreadable
JOIN partition_ledger AS ledger
  ON ledger.pipeline = unreadable.pipeline
  AND ledger.log_id = unreadable.log_id
  AND ledger.partition = unreadable.partition
  AND ledger.next_offset = unreadable.first_offset
WHERE unreadable.pipeline = $1
  AND unreadable.log_id = (SELECT max(id) FROM event_log WHERE topic = $2)
ORDER BY unreadable.partition
