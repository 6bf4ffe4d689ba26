-- The position of a line of a file is that of its row: its task, 0 and its number.
coalesce(log_id, task_id) AS log_id, coalesce(partition, 0) AS partition, coalesce(record_offset, line) AS record_offset,
  task_id IS NOT NULL AS is_line
