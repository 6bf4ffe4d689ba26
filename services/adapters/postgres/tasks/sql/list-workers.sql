-- The newest first. A worker that has not reported for 15 seconds is lost. $1 is one worker, or null.
SELECT id, name, ip, host, pid, started_at, last_seen_at, last_processed_at, total_processed,
       total_success, stopped_at,
       CASE WHEN stopped_at IS NOT NULL THEN 'stopped'
            WHEN last_seen_at < clock_timestamp() - interval '15 seconds' THEN 'lost'
            WHEN draining THEN 'draining'
            ELSE 'running' END AS state,
       (SELECT count(*) FROM task WHERE task.worker = worker.id AND task.state = 'running') AS current
FROM worker
WHERE $1::bigint IS NULL OR id = $1
ORDER BY id DESC
LIMIT $2
