-- The files of each pipeline by state. The pipeline null has the files that no pipeline loads. Archived files were
-- counted before; those whose task was tried again since count by its state. Only the others are read.
WITH retried_file AS (
  SELECT file.pipeline, task.state, coalesce(file.ended_as, 'failed') AS before
  FROM task JOIN file ON file.task = task.id AND file.archived_at IS NOT NULL
  WHERE task.state IN ('queued', 'running', 'failed', 'canceled') AND task.state <> coalesce(file.ended_as, 'failed')
    AND task.pipeline IN (SELECT pipeline FROM file_count)
)
SELECT pipeline, state, sum(count)::bigint AS count
FROM (
  SELECT pipeline, state, count FROM file_count
  UNION ALL
  SELECT pipeline, state, 1
  FROM (
    SELECT {{file-columns}} FROM file LEFT JOIN task ON task.id = file.task WHERE file.archived_at IS NULL
  ) AS open
  UNION ALL
  SELECT pipeline, state, 1 FROM retried_file
  UNION ALL
  SELECT pipeline, before, -1 FROM retried_file
) AS part
GROUP BY pipeline, state
HAVING sum(count) > 0
ORDER BY pipeline NULLS LAST, state
