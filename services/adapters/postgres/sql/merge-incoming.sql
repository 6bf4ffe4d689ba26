-- Inserts the first of each key unless it is there; answers the offsets that added no row.
WITH first_of_key AS (
  SELECT DISTINCT ON (vin, recorded_at, sequence) *
  FROM incoming
  ORDER BY vin, recorded_at, sequence, record_offset
), inserted AS (
  INSERT INTO "{{table}}" (vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata, received_at)
  SELECT vin, recorded_at, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata, received_at
  FROM first_of_key
  ON CONFLICT (vin, recorded_at, sequence) DO NOTHING
  RETURNING vin, recorded_at, sequence
)
SELECT incoming.record_offset
FROM incoming
WHERE NOT EXISTS (
  SELECT
  FROM first_of_key
  JOIN inserted USING (vin, recorded_at, sequence)
  WHERE first_of_key.record_offset = incoming.record_offset
)
ORDER BY incoming.record_offset
