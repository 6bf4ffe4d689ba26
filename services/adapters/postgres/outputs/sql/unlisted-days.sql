SELECT folder, day::text, installation.id AS installation FROM (
  SELECT DISTINCT folder, day FROM task_output WHERE stored_at IS NOT NULL AND listed_at IS NULL
) AS unlisted CROSS JOIN installation
ORDER BY folder, day
