file.id, file.bucket, file.key, file.pipeline, file.task, file.size, file.modified_at, file.found_at, file.lines,
  file.rejected, file.detail, file.target_key, file.archived_at,
  CASE WHEN file.task IS NULL THEN 'unmatched' ELSE coalesce(task.state, file.ended_as, 'failed') END AS state,
  task.attempt, task.progress, task.rows, task.code, task.detail AS task_detail, task.cancel_requested_at,
  task.started_at, task.ended_at
