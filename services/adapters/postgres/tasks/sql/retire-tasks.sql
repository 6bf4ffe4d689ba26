-- Deletes the oldest ended tasks of a pipeline, and counts them. Looks only at so many tasks. The task of a file
-- stays until the file was moved.
WITH retired_task AS (
  DELETE FROM task
  WHERE id = ANY (ARRAY(
    SELECT id FROM (
      SELECT id, ended_at FROM task WHERE pipeline = $1 AND state = $2 ORDER BY id LIMIT $4
    ) AS oldest
    WHERE ended_at < clock_timestamp() - $3::float8 * interval '1 ms'
  ))
  AND state = $2
  AND NOT EXISTS (SELECT FROM file WHERE file.task = task.id AND archived_at IS NULL)
  RETURNING id
)
INSERT INTO task_count AS present (pipeline, slot, retired)
SELECT $1, pg_backend_pid() % 16, count(*) FROM retired_task HAVING count(*) > 0
ON CONFLICT (pipeline, slot) DO UPDATE SET retired = present.retired + excluded.retired
RETURNING (SELECT count(*) FROM retired_task) AS retired
