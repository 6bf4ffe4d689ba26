-- Archived files are counted when they are moved, because there can be any number of them. Triggers count them, because
-- workers of the previous version move files after this migration, too.
CREATE TABLE file_count (
  pipeline text NOT NULL,
  state text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (pipeline, state)
);
GRANT SELECT ON file_count TO telemetry_reader, telemetry_worker;
COMMENT ON TABLE file_count IS 'How many files of each pipeline are archived, by the states of their tasks when they were moved';

-- All transactions change the counts in the same order.
CREATE FUNCTION add_to_file_count() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO file_count AS present (pipeline, state, count)
    SELECT pipeline, coalesce(ended_as, 'failed'), sum(change) FROM (
      SELECT pipeline, ended_as, -1 AS change FROM old_files WHERE archived_at IS NOT NULL
      UNION ALL
      SELECT pipeline, ended_as, 1 FROM new_files WHERE archived_at IS NOT NULL
    ) AS changed
    GROUP BY 1, 2 HAVING sum(change) <> 0 ORDER BY 1, 2
    ON CONFLICT (pipeline, state) DO UPDATE SET count = present.count + excluded.count;
  ELSE
    INSERT INTO file_count AS present (pipeline, state, count)
    SELECT pipeline, coalesce(ended_as, 'failed'), -count(*) FROM old_files
    WHERE archived_at IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (pipeline, state) DO UPDATE SET count = present.count + excluded.count;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_changed_files AFTER UPDATE ON file
  REFERENCING OLD TABLE AS old_files NEW TABLE AS new_files
  FOR EACH STATEMENT EXECUTE FUNCTION add_to_file_count();
CREATE TRIGGER count_deleted_files AFTER DELETE ON file
  REFERENCING OLD TABLE AS old_files FOR EACH STATEMENT EXECUTE FUNCTION add_to_file_count();
-- The triggers have locked the table, so no file is archived meanwhile.
INSERT INTO file_count (pipeline, state, count)
SELECT pipeline, coalesce(ended_as, 'failed'), count(*) FROM file WHERE archived_at IS NOT NULL GROUP BY 1, 2;

-- A window that is computed again has a newer task than later windows, but its content is older. Workers of the previous
-- version give no source.
ALTER TABLE refreshed_table ADD COLUMN source text, ADD COLUMN window_from timestamptz;

COMMENT ON TABLE refreshed_table IS 'Tables whose content pipelines have replaced ("refresh": true), with the newest window and task that did it';
COMMENT ON COLUMN refreshed_table.source IS 'The pipeline with the schedule: another one if its results come as messages; null: the pipeline itself';
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

-- Workers of the previous version give no key.
ALTER TABLE task_output ALTER COLUMN key DROP EXPRESSION;
CREATE FUNCTION set_output_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.key := NEW.folder || '/' || NEW.task || '.ndjson';
  RETURN NEW;
END $$;
CREATE TRIGGER set_output_key BEFORE INSERT ON task_output
  FOR EACH ROW WHEN (NEW.key IS NULL) EXECUTE FUNCTION set_output_key();

-- A worker on another machine has only some handlers. Without this index, it reads all waiting tasks of other handlers.
CREATE INDEX task_queued_by_method ON task (pipeline, method, run_after, id) WHERE state = 'queued';
SELECT share_rights_with_steps();
