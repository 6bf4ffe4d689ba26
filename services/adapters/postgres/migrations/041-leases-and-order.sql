-- A window that is computed again has a newer task than later windows, but its content is older.
ALTER TABLE refreshed_table ADD COLUMN source text, ADD COLUMN window_from timestamptz;
UPDATE refreshed_table SET source = pipeline;
ALTER TABLE refreshed_table ALTER COLUMN source SET NOT NULL;

COMMENT ON TABLE refreshed_table IS 'Tables whose content pipelines have replaced ("refresh": true), with the newest window and task that did it';
COMMENT ON COLUMN refreshed_table.source IS 'The pipeline with the schedule: another one if its results come as messages';
COMMENT ON COLUMN refreshed_table.task IS 'The newest task of the window';
COMMENT ON COLUMN refreshed_table.window_from IS 'The beginning of the newest window; null if no schedule has replaced the content';

-- A worker stores an object in the bucket without an open transaction, which would keep dead rows of all tables.
ALTER TABLE task_output ADD COLUMN leased_by uuid, ADD COLUMN leased_until timestamptz;
COMMENT ON COLUMN task_output.leased_by IS 'The relay of a worker that stores the object in the bucket';
COMMENT ON COLUMN task_output.leased_until IS 'No other relay stores the object before this time';

-- A new database counts its tasks from 1 again. Its objects must not replace those of an earlier database in a bucket
-- that both use.
CREATE TABLE installation (
  id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{8}$'),
  is_only boolean NOT NULL DEFAULT true UNIQUE CHECK (is_only)
);
INSERT INTO installation (id) VALUES (substr(md5(gen_random_uuid()::text), 1, 8));
GRANT SELECT ON installation TO telemetry_reader, telemetry_worker;
COMMENT ON TABLE installation IS 'The random id of this database, in one row';
COMMENT ON COLUMN installation.id IS 'Part of the names of objects that tasks make in a bucket';

ALTER TABLE task_output ALTER COLUMN key DROP EXPRESSION;

-- A worker on another machine has only some handlers. The tasks of others may wait in front of its own.
CREATE INDEX task_queued_by_method ON task (pipeline, method, run_after, id) WHERE state = 'queued';

-- Archived files are counted when they are moved, because there can be any number of them.
CREATE TABLE file_count (
  pipeline text NOT NULL,
  state text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (pipeline, state)
);
INSERT INTO file_count (pipeline, state, count)
SELECT pipeline, coalesce(ended_as, 'failed'), count(*) FROM file WHERE archived_at IS NOT NULL GROUP BY 1, 2;
GRANT SELECT ON file_count TO telemetry_reader, telemetry_worker;
GRANT INSERT, UPDATE ON file_count TO telemetry_worker;
COMMENT ON TABLE file_count IS 'How many files of each pipeline are archived, by the states of their tasks when they were moved';
SELECT share_rights_with_steps();
