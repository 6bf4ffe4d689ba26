-- Pipelines that users declare. A worker creates their tables in the schema "data", which its role owns.
CREATE SCHEMA data AUTHORIZATION telemetry_worker;
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET search_path = public, data', current_database());
END $$;
GRANT USAGE ON SCHEMA data TO telemetry_reader, telemetry_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE telemetry_worker IN SCHEMA data
  GRANT SELECT ON TABLES TO telemetry_reader, telemetry_writer;

CREATE TABLE pipeline (
  name text PRIMARY KEY,
  file text NOT NULL,
  declaration jsonb,
  enabled boolean NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  pause_reason text,
  fault text,
  removed_rows bigint NOT NULL DEFAULT 0,
  declared_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((pause_reason IS NOT NULL) = paused)
);

GRANT SELECT ON ALL TABLES IN SCHEMA public TO telemetry_worker;
GRANT INSERT, UPDATE ON event_log, partition_ledger, pipeline, unreadable_offsets TO telemetry_worker;
GRANT INSERT ON offset_span, dead_letter, account_check TO telemetry_worker;
GRANT SELECT ON pipeline TO telemetry_reader, telemetry_writer;

COMMENT ON SCHEMA data IS 'The tables of declared pipelines';
COMMENT ON TABLE pipeline IS 'The declared pipelines. The name of a pipeline is its identity';
COMMENT ON COLUMN pipeline.file IS 'The file of the declaration, as the worker sees it';
COMMENT ON COLUMN pipeline.declaration IS 'The declaration that is in effect; null after a reset until a worker reads the file again';
COMMENT ON COLUMN pipeline.enabled IS 'The key "enabled" of the declaration';
COMMENT ON COLUMN pipeline.paused IS 'Whether records wait in Kafka until the pipeline is resumed';
COMMENT ON COLUMN pipeline.pause_reason IS 'Why it is paused: a sentence; null if it is not';
COMMENT ON COLUMN pipeline.fault IS 'What is wrong with the latest version of the file; null if that version is in effect';
COMMENT ON COLUMN pipeline.removed_rows IS 'Rows that users have deleted from the table, and that the account check therefore does not miss; negative for rows that users have added';
COMMENT ON COLUMN pipeline.declared_at IS 'When the declaration came into effect';
COMMENT ON COLUMN pipeline.seen_at IS 'When a worker last ran the pipeline, or read its file';
