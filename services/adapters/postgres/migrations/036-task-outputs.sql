-- Results of tasks that become objects of the bucket. They are written in the transaction of the task. A worker
-- stores them in the bucket after it, and removes their content from the database.
CREATE TABLE task_output (
  task bigint PRIMARY KEY,
  pipeline text NOT NULL,
  folder text NOT NULL,
  key text NOT NULL GENERATED ALWAYS AS (folder || '/' || task || '.ndjson') STORED,
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  sha256 bytea NOT NULL,
  tables jsonb NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  day date NOT NULL GENERATED ALWAYS AS ((made_at AT TIME ZONE 'UTC')::date) STORED,
  stored_at timestamptz,
  listed_at timestamptz,
  CHECK (listed_at IS NULL OR stored_at IS NOT NULL)
);
CREATE INDEX task_output_waiting ON task_output (task, made_at) WHERE stored_at IS NULL;
CREATE INDEX task_output_unlisted ON task_output (folder, day)
  WHERE stored_at IS NOT NULL AND listed_at IS NULL;
CREATE INDEX task_output_day ON task_output (folder, day, task);

-- The key is checked at the end of the transaction: the hash is known after the last part.
CREATE TABLE task_output_part (
  task bigint NOT NULL REFERENCES task_output ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  part integer NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (task, part)
);

CREATE FUNCTION notify_output() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('output_written', '');
  RETURN NULL;
END $$;
CREATE TRIGGER notify_output AFTER INSERT ON task_output
  FOR EACH STATEMENT EXECUTE FUNCTION notify_output();

GRANT SELECT ON task_output TO telemetry_reader, telemetry_worker;
GRANT INSERT, UPDATE, DELETE ON task_output TO telemetry_worker;
GRANT SELECT, INSERT, DELETE ON task_output_part TO telemetry_worker;

COMMENT ON TABLE task_output IS 'The objects of the bucket that tasks have made (to.objects). The manifests in the bucket are made from this table';
COMMENT ON COLUMN task_output.folder IS 'The folder in the bucket: the declared folder, and the name of the pipeline';
COMMENT ON COLUMN task_output.key IS 'The path in the bucket';
COMMENT ON COLUMN task_output.bytes IS 'Size of the object';
COMMENT ON COLUMN task_output.sha256 IS 'Of the object';
COMMENT ON COLUMN task_output.tables IS 'The tables that the rows name: name, refresh, rows and fields of each';
COMMENT ON COLUMN task_output.day IS 'The day in UTC whose manifest lists the object';
COMMENT ON COLUMN task_output.stored_at IS 'When the object was in the bucket; null while it waits';
COMMENT ON COLUMN task_output.listed_at IS 'When the manifest of its day listed the object; null before';
COMMENT ON TABLE task_output_part IS 'The content of objects that are not in the bucket yet, in parts';
SELECT share_rights_with_steps();
