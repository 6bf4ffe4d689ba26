-- The files of the bucket. A file that a pipeline loads has a task. The others wait until a pipeline matches them.
CREATE TABLE file (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bucket text NOT NULL,
  key text NOT NULL,
  size bigint NOT NULL,
  etag text NOT NULL,
  modified_at timestamptz NOT NULL,
  pipeline text,
  task bigint UNIQUE,
  sha256 bytea,
  lines bigint,
  rejected bigint,
  detail text,
  found_at timestamptz NOT NULL DEFAULT now(),
  target_key text,
  archived_at timestamptz,
  CHECK (pipeline IS NOT NULL OR (task IS NULL AND target_key IS NULL AND archived_at IS NULL)),
  CHECK (archived_at IS NULL OR target_key IS NOT NULL OR detail IS NOT NULL)
);
-- A file that is not archived has one row, and so at most one task.
CREATE UNIQUE INDEX file_open ON file (bucket, key) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX file_target ON file (bucket, target_key) WHERE archived_at IS NULL;
CREATE INDEX file_of_key ON file (bucket, key);
CREATE INDEX file_content ON file (pipeline, size, sha256) WHERE sha256 IS NOT NULL;

GRANT SELECT ON file TO telemetry_reader, telemetry_worker;
GRANT INSERT, UPDATE, DELETE ON file TO telemetry_worker;

COMMENT ON TABLE file IS 'The files of the bucket. A file without a pipeline is unmatched: it is tried again when pipelines change';
COMMENT ON COLUMN file.key IS 'The path in the bucket at which the file was found';
COMMENT ON COLUMN file.etag IS 'Changes when the content of the file changes';
COMMENT ON COLUMN file.modified_at IS 'When the file was last changed, by the clock of the store';
COMMENT ON COLUMN file.pipeline IS 'The pipeline that loads the file; null while no pipeline matches it';
COMMENT ON COLUMN file.task IS 'The task that loads the file';
COMMENT ON COLUMN file.sha256 IS 'Of the content; null until the file is loaded';
COMMENT ON COLUMN file.lines IS 'Lines that were loaded or became dead letters; null until the file is loaded';
COMMENT ON COLUMN file.rejected IS 'Lines that became dead letters; null until the file is loaded';
COMMENT ON COLUMN file.detail IS 'What was special about the file: a sentence';
COMMENT ON COLUMN file.target_key IS 'Where the file is moved to. The name is reserved before the move';
COMMENT ON COLUMN file.archived_at IS 'When the file had been moved out of the inbox, or was found to be removed from it; null while it is there';
SELECT share_rights_with_steps();
