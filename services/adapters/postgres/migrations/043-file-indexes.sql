-- Only files that are being moved or processed have these names. Without the condition, each index had all open files,
-- and the planner read all of them to find the other users of a name.
DROP INDEX file_target;
CREATE UNIQUE INDEX file_target ON file (bucket, target_key) WHERE archived_at IS NULL AND target_key IS NOT NULL;
DROP INDEX file_processing;
CREATE UNIQUE INDEX file_processing ON file (bucket, processing_key)
  WHERE archived_at IS NULL AND processing_key IS NOT NULL;
