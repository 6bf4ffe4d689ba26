INSERT INTO task_log AS present (task, lines)
SELECT id, lines FROM unnest($1::bigint[], $2::text[]) AS given (id, lines)
WHERE EXISTS (SELECT FROM task WHERE task.id = given.id)
ORDER BY id
ON CONFLICT (task) DO UPDATE SET lines = excluded.lines WHERE present.lines <> excluded.lines
