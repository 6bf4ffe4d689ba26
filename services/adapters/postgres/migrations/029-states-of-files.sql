-- The task of a file is deleted seven days after its end. The file keeps how it ended.
ALTER TABLE file ADD COLUMN ended_as text CHECK (ended_as IN ('complete', 'failed', 'canceled'));
UPDATE file SET ended_as = task.state FROM task
WHERE task.id = file.task AND archived_at IS NOT NULL AND task.state IN ('complete', 'failed', 'canceled');
UPDATE file SET ended_as = 'complete' WHERE ended_as IS NULL AND archived_at IS NOT NULL AND sha256 IS NOT NULL;

COMMENT ON COLUMN file.ended_as IS 'The state of its task when the file was moved; null before';
COMMENT ON COLUMN file.lines IS 'Lines that were read so far, or, when the file is loaded, those that were loaded or became dead letters';
SELECT share_rights_with_steps();
