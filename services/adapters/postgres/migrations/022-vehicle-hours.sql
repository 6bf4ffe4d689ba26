-- What each vehicle did in each hour, from which the dashboard makes reports. The worker computes it.
CREATE TABLE data.vehicle_hour (
  vin text NOT NULL,
  hour_begin timestamptz NOT NULL,
  distance_mm bigint NOT NULL,
  driving_ms integer NOT NULL,
  idle_ms integer NOT NULL,
  max_speed double precision,
  mean_speed double precision,
  readings bigint NOT NULL,
  gaps integer NOT NULL,
  stops integer NOT NULL,
  PRIMARY KEY (vin, hour_begin)
);
CREATE INDEX vehicle_hour_by_hour ON data.vehicle_hour (hour_begin);

CREATE TABLE data.computed_hour (
  hour_begin timestamptz PRIMARY KEY,
  computed_at timestamptz NOT NULL
);

GRANT SELECT ON data.vehicle_hour, data.computed_hour TO telemetry_reader, telemetry_writer, telemetry_worker;
GRANT INSERT, UPDATE, DELETE ON data.vehicle_hour, data.computed_hour TO telemetry_worker;

COMMENT ON TABLE data.vehicle_hour IS 'What each vehicle did in each hour, by the rules of trips and stops. Computed again when late readings come';
COMMENT ON COLUMN data.vehicle_hour.vin IS 'The vehicle';
COMMENT ON COLUMN data.vehicle_hour.hour_begin IS 'The beginning of the hour, in UTC';
COMMENT ON COLUMN data.vehicle_hour.distance_mm IS 'Distance driven on trips, in millimetres';
COMMENT ON COLUMN data.vehicle_hour.driving_ms IS 'Time on trips, in milliseconds';
COMMENT ON COLUMN data.vehicle_hour.idle_ms IS 'Time at stops, in milliseconds; also silent time of a vehicle that was in the same place afterwards';
COMMENT ON COLUMN data.vehicle_hour.max_speed IS 'Highest plausible speed on trips, metres per second; null without a trip';
COMMENT ON COLUMN data.vehicle_hour.mean_speed IS 'Distance by driving time, metres per second; null without a trip';
COMMENT ON COLUMN data.vehicle_hour.readings IS 'Readings with a time in the hour';
COMMENT ON COLUMN data.vehicle_hour.gaps IS 'Silences that begin in the hour';
COMMENT ON COLUMN data.vehicle_hour.stops IS 'Trips that end in the hour with a stop or a silence of more than 30 minutes';
COMMENT ON TABLE data.computed_hour IS 'Which hours of vehicle_hour have been computed. A vehicle without a row in such an hour has reported nothing';
COMMENT ON COLUMN data.computed_hour.hour_begin IS 'The beginning of the hour, in UTC';
COMMENT ON COLUMN data.computed_hour.computed_at IS 'When it was last computed';
