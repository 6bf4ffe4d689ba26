DELETE FROM worker
WHERE last_seen_at < clock_timestamp() - $1::float8 * interval '1 ms'
  AND NOT EXISTS (SELECT FROM task WHERE task.worker = worker.id AND task.state = 'running')
