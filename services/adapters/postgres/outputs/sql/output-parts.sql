SELECT part, content FROM task_output_part WHERE task = $1 AND part > $2 ORDER BY part LIMIT $3
