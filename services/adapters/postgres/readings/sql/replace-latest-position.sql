-- Like migration 007, for the columns that the table has now.
CREATE OR REPLACE VIEW latest_position AS
WITH RECURSIVE vehicle AS (
  (SELECT vin FROM "{{table}}" ORDER BY vin LIMIT 1)
  UNION ALL
  SELECT following.vin
  FROM vehicle
  CROSS JOIN LATERAL (
    SELECT reading.vin
    FROM "{{table}}" AS reading
    WHERE reading.vin > vehicle.vin
    ORDER BY reading.vin
    LIMIT 1
  ) AS following
)
SELECT latest.*
FROM vehicle
CROSS JOIN LATERAL (
  SELECT *
  FROM "{{table}}" AS reading
  WHERE reading.vin = vehicle.vin
  ORDER BY reading.recorded_at DESC, reading.sequence DESC
  LIMIT 1
) AS latest
