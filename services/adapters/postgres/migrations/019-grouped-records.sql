-- Pipelines with "group_by" read a topic, write its records to a grouped topic, and read that one. A record
-- may be in the grouped topic several times. The positions tell which records are repeated.
CREATE TABLE origin_position (
  pipeline text NOT NULL,
  log_id integer NOT NULL REFERENCES event_log,
  partition integer NOT NULL CHECK (partition >= 0),
  origin_log_id integer NOT NULL,
  origin_partition integer NOT NULL CHECK (origin_partition >= 0),
  next_offset bigint NOT NULL CHECK (next_offset >= 0),
  PRIMARY KEY (pipeline, log_id, partition, origin_log_id, origin_partition)
);

ALTER TABLE pipeline ADD COLUMN life uuid NOT NULL DEFAULT gen_random_uuid();

GRANT SELECT ON origin_position TO telemetry_reader, telemetry_writer, telemetry_worker;
GRANT INSERT, UPDATE ON origin_position TO telemetry_worker;

COMMENT ON TABLE origin_position IS 'Per partition of a grouped topic and partition of its source topic: which records of the source are settled';
COMMENT ON COLUMN origin_position.log_id IS 'Log of the grouped topic';
COMMENT ON COLUMN origin_position.partition IS 'Partition of the grouped topic';
COMMENT ON COLUMN origin_position.origin_log_id IS 'Log of the source topic';
COMMENT ON COLUMN origin_position.origin_partition IS 'Partition of the source topic';
COMMENT ON COLUMN origin_position.next_offset IS 'A record of the source with a lower offset is repeated: it counts as a duplicate';
COMMENT ON COLUMN pipeline.life IS 'Changes with each reset. Records that were written to a grouped topic before a reset have another life';
