-- Records that the task refreshes the tables. Returns those that no later window or task of the source has refreshed.
-- A task without a window always refreshes them.
INSERT INTO refreshed_table AS present (pipeline, name, task, source, window_from)
SELECT $1, name, $2, $4, $5::timestamptz FROM unnest($3::text[]) AS name
ON CONFLICT (pipeline, name) DO UPDATE SET
  task = CASE WHEN excluded.window_from IS NULL THEN greatest(present.task, excluded.task) ELSE excluded.task END,
  source = CASE WHEN excluded.window_from IS NULL THEN present.source ELSE excluded.source END,
  window_from = coalesce(excluded.window_from, present.window_from)
WHERE excluded.window_from IS NULL OR coalesce(present.source, present.pipeline) <> excluded.source
  OR (coalesce(present.window_from, excluded.window_from), present.task) <= (excluded.window_from, excluded.task)
RETURNING name
