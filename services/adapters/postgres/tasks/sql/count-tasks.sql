-- One snapshot of all parts of the account. Without a pipeline: of all of them.
SELECT pipeline, sum(made)::bigint AS made, sum(queued)::bigint AS queued, sum(running)::bigint AS running,
       sum(complete)::bigint AS complete, sum(failed)::bigint AS failed, sum(canceled)::bigint AS canceled,
       sum(retired)::bigint AS retired
FROM (
  SELECT pipeline, made, 0 AS queued, 0 AS running, 0 AS complete, 0 AS failed, 0 AS canceled, retired
  FROM task_count
  UNION ALL
  SELECT pipeline, 0, count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'running'),
         count(*) FILTER (WHERE state = 'complete'), count(*) FILTER (WHERE state = 'failed'),
         count(*) FILTER (WHERE state = 'canceled'), 0
  FROM task GROUP BY pipeline
) AS part
WHERE $1::text IS NULL OR pipeline = $1
GROUP BY pipeline
ORDER BY pipeline
