-- The accounts of several pipelines, each with the topic that it reads: the ledgers, the current log of
-- the topic, and the last check.
SELECT
  account.pipeline,
  (SELECT json_agg(ledger ORDER BY log_id, partition) FROM ({{read-ledgers}}) AS ledger) AS ledgers,
  (SELECT id FROM event_log WHERE topic = account.topic ORDER BY id DESC LIMIT 1) AS current_log_id,
  last_check.*
FROM unnest($1::text[], $2::text[]) AS account (pipeline, topic)
LEFT JOIN LATERAL ({{last-check}}) AS last_check ON true
