SELECT given.id, task.state,
       task.worker = $1 AND task.attempt = given.attempt
         AND (task.state = 'running' OR task.code IS DISTINCT FROM 'worker-lost') AS is_mine,
       task.attempt - task.uncounted_attempts AS counted,
       pg_advisory_xact_lock({{settlement-lock}} + given.id)
FROM unnest($2::bigint[], $3::int[]) AS given (id, attempt) LEFT JOIN task USING (id)
