-- Where Kafka's file of a partition cannot be read, as the consumers have found it. The ledger waits there.
CREATE TABLE unreadable_offsets (
  pipeline text NOT NULL,
  log_id integer NOT NULL REFERENCES event_log,
  partition integer NOT NULL CHECK (partition >= 0),
  first_offset bigint NOT NULL CHECK (first_offset >= 0),
  last_offset bigint CHECK (last_offset >= first_offset),
  reason text NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, log_id, partition)
);

GRANT SELECT ON unreadable_offsets TO telemetry_reader, telemetry_writer;
GRANT INSERT, UPDATE ON unreadable_offsets TO telemetry_writer;

COMMENT ON TABLE unreadable_offsets IS 'The last damage that a consumer found in the file of a partition; over when the ledger has passed it';
COMMENT ON COLUMN unreadable_offsets.last_offset IS 'The last offset that cannot be read; null if it is not known';
