-- For offsets that added no row: is the existing row equal?
SELECT
  incoming.record_offset,
  {{is-same}} AS same
FROM incoming
JOIN {{relation}} AS present USING ({{key}})
WHERE incoming.record_offset = ANY ($1::bigint[])
ORDER BY incoming.record_offset
