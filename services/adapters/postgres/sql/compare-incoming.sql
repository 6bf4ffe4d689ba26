-- Of the offsets that added no row: does the row that is there say the same?
SELECT
  incoming.record_offset,
  (present.latitude, present.longitude, present.altitude, present.speed, present.heading,
   present.make, present.model, present.metadata)
  IS NOT DISTINCT FROM
  (incoming.latitude, incoming.longitude, incoming.altitude, incoming.speed, incoming.heading,
   incoming.make, incoming.model, incoming.metadata) AS same
FROM incoming
JOIN "{{table}}" AS present USING (vin, recorded_at, sequence)
WHERE incoming.record_offset = ANY ($1::bigint[])
ORDER BY incoming.record_offset
