-- The present status of files. A later reading has a higher version.
SELECT (SELECT id FROM installation) AS installation, file.id, file.bucket AS bucket_name,
  coalesce(CASE WHEN file.archived_at IS NULL THEN file.processing_key ELSE file.target_key END, file.key) AS file_name,
  regexp_replace(file.key, '^.*/', '') AS original_filename,
  CASE coalesce(task.state, file.ended_as, 'failed')
    WHEN 'queued' THEN 'Queued' WHEN 'running' THEN 'Processing' WHEN 'complete' THEN 'Complete'
    WHEN 'canceled' THEN 'Canceled' ELSE 'Failed' END AS status,
  file.size, file.etag, file.content_type, floor(extract(epoch FROM file.found_at))::bigint AS created_dt,
  floor(extract(epoch FROM clock_timestamp()))::bigint AS updated_dt, file.pipeline, file.task,
  coalesce(task.attempt, 0) AS attempt,
  CASE WHEN task.state = 'complete' OR file.ended_as = 'complete' THEN 1 ELSE coalesce(task.progress, 0) END AS progress,
  task.rows, file.lines, file.rejected, coalesce(task.detail, file.detail) AS detail,
  (SELECT next_file_status_version()) AS version
FROM file LEFT JOIN task ON task.id = file.task
WHERE file.id = ANY ($1::bigint[]) AND file.pipeline IS NOT NULL
