-- The state of an offset: the later logs of its topic, the range of the ledger, and its span or dead letter, if any.
SELECT
  ARRAY(
    SELECT later.id FROM event_log AS later WHERE later.topic = event_log.topic AND later.id > event_log.id ORDER BY later.id
  ) AS later_logs,
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
WHERE event_log.id = $1 AND event_log.topic = $5
