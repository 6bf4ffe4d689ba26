-- Tasks of each pipeline by state. The complete ones are what remains: counting them would read all tasks.
SELECT pipeline, queued, running,
  greatest(0, tasks - queued - running - failed - canceled)::bigint AS complete, failed, canceled
FROM (SELECT pipeline, sum(made - retired) AS tasks FROM task_count GROUP BY pipeline) AS kept
CROSS JOIN LATERAL (
  SELECT count(*) AS queued FROM task WHERE state = 'queued' AND task.pipeline = kept.pipeline
) AS in_queue
CROSS JOIN LATERAL (
  SELECT count(*) AS running FROM task WHERE state = 'running' AND task.pipeline = kept.pipeline
) AS in_work
CROSS JOIN LATERAL (
  SELECT count(*) AS failed FROM task WHERE state = 'failed' AND task.pipeline = kept.pipeline
) AS without_success
CROSS JOIN LATERAL (
  SELECT count(*) AS canceled FROM task WHERE state = 'canceled' AND task.pipeline = kept.pipeline
) AS by_users
ORDER BY pipeline
