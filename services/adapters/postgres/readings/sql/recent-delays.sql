-- How long the newest readings of some vehicles took to be stored, in milliseconds since they were recorded
-- and since they were received. Only readings that were stored in the last $2 seconds.
SELECT
  date_part('epoch', stored_at - recorded_at) * 1000 AS recorded_to_stored,
  date_part('epoch', stored_at - received_at) * 1000 AS received_to_stored
FROM unnest($1::text[]) AS vehicle (vin)
CROSS JOIN LATERAL (
  SELECT recorded_at, received_at, stored_at
  FROM "{{table}}" AS reading
  WHERE reading.vin = vehicle.vin
  ORDER BY reading.recorded_at DESC, reading.sequence DESC
  LIMIT 10
) AS newest
WHERE stored_at > now() - make_interval(secs => $2)
