-- The state of an offset: whether its log is current, the range of the ledger, and its span or dead letter, if any.
SELECT
  event_log.id = (SELECT max(id) FROM event_log AS any_log WHERE any_log.topic = event_log.topic) AS is_current,
  ledger.start_offset,
  ledger.next_offset,
  span.outcome,
  letter.code,
  letter.detail,
  letter.state,
  letter.redriven_as
FROM event_log
LEFT JOIN partition_ledger AS ledger ON ledger.pipeline = $4 AND ledger.log_id = event_log.id AND ledger.partition = $2
LEFT JOIN LATERAL (
  SELECT outcome, last_offset
  FROM offset_span
  WHERE pipeline = $4 AND log_id = $1 AND partition = $2 AND first_offset <= $3
  ORDER BY first_offset DESC
  LIMIT 1
) AS span ON span.last_offset >= $3
LEFT JOIN dead_letter AS letter
  ON letter.pipeline = $4 AND letter.log_id = $1 AND letter.partition = $2 AND letter.record_offset = $3
WHERE event_log.id = $1
