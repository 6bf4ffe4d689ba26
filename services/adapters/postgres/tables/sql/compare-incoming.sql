-- Of the offsets that added no row: does the row that is there say the same?
SELECT
  incoming.record_offset,
  {{is-same}} AS same
FROM incoming
JOIN "{{table}}" AS present USING ({{key}})
WHERE incoming.record_offset = ANY ($1::bigint[])
ORDER BY incoming.record_offset
