SELECT {{file-columns}} FROM file LEFT JOIN task ON task.id = file.task WHERE file.id = $1
