-- Where each vehicle was last: by recorded_at, so that a backlog that arrives late moves nobody back.
-- The vehicles are found by leaping along the keys from one to the next, the readings by looking
-- from the newest day backwards: some index entries a vehicle, whatever the number of rows.
CREATE VIEW latest_position AS
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
) AS latest;

GRANT SELECT ON latest_position TO telemetry_reader, telemetry_writer;

COMMENT ON VIEW latest_position IS 'The last reading of each vehicle by recorded_at, whenever it arrived; of equal times that with the highest sequence';
