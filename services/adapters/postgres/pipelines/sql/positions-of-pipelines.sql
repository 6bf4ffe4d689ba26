-- Where each pipeline is in the current log of each topic that it has read.
SELECT ledger.pipeline, log.topic, ledger.partition, ledger.next_offset
FROM partition_ledger AS ledger
JOIN event_log AS log ON log.id = ledger.log_id
WHERE log.id = (SELECT max(newest.id) FROM event_log AS newest WHERE newest.topic = log.topic)
