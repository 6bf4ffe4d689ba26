SELECT {{task-columns}}, task.params, task_log.lines
FROM task LEFT JOIN worker ON worker.id = task.worker LEFT JOIN task_log ON task_log.task = task.id
WHERE task.id = $1
