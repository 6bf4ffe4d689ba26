-- A copy of the topic of devices. If the topic is lost, provisioning fills a new one from it.
CREATE TABLE device (
  vin text PRIMARY KEY,
  revision bigint NOT NULL,
  name text NOT NULL,
  aliases text[] NOT NULL,
  token_hash text,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  removed boolean NOT NULL
);

-- One row: which registry the platform has, and which topic provisioning has filled.
CREATE TABLE device_registry (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  registry_id uuid NOT NULL,
  topic_id text,
  accepts_unknown boolean NOT NULL
);
INSERT INTO device_registry (registry_id, accepts_unknown)
SELECT gen_random_uuid(), EXISTS (SELECT FROM "{{table}}") OR EXISTS (SELECT FROM retired_day);

GRANT SELECT, INSERT, UPDATE ON device TO telemetry_writer;
GRANT SELECT (vin, revision, name, aliases, created_at, changed_at, removed) ON device TO telemetry_reader;

COMMENT ON TABLE device IS 'The devices that may report: a copy of the topic of devices. Change them with npm run devices, not here';
COMMENT ON COLUMN device.vin IS 'The vehicle under which the readings of the device are stored';
COMMENT ON COLUMN device.revision IS 'One more with each change';
COMMENT ON COLUMN device.aliases IS 'Further ids under which the device reports';
COMMENT ON COLUMN device.token_hash IS 'SHA-256 of its token as base64url; null if no token is valid';
COMMENT ON COLUMN device.removed IS 'Whether it was removed. Its readings stay';
COMMENT ON TABLE device_registry IS 'The registry of devices';
COMMENT ON COLUMN device_registry.topic_id IS 'The id of the topic that was filled from the table device, or that had devices already';
COMMENT ON COLUMN device_registry.accepts_unknown IS 'Whether there were readings before there were devices. Vehicles without a device are then accepted while devices.unknown is not set';
