-- The row that stands under a reading's key, and whether its metadata says the same.
SELECT latitude, longitude, altitude, speed, heading, make, model, metadata,
  metadata IS NOT DISTINCT FROM $4::jsonb AS same_metadata
FROM "{{table}}"
WHERE vin = $1 AND recorded_at = $2 AND sequence = $3
