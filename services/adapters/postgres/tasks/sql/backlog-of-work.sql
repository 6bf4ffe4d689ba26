SELECT
  (SELECT count(*) FROM outbox WHERE topic <> 'clickhouse:file_status') AS messages,
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(made_at)), 0)::float8
   FROM outbox WHERE topic <> 'clickhouse:file_status') AS "ageSeconds",
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(made_at)), 0)::float8
   FROM outbox WHERE topic = 'clickhouse:file_status') AS "fileStatusAgeSeconds",
  (SELECT count(*) FROM refused_message) AS "refusedMessages",
  (SELECT count(*) FROM task_output WHERE stored_at IS NULL) AS "waitingOutputs",
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(made_at)), 0)::float8
   FROM task_output WHERE stored_at IS NULL) AS "outputAgeSeconds",
  (SELECT count(*) FROM worker
   WHERE stopped_at IS NULL AND last_seen_at >= clock_timestamp() - interval '15 seconds') AS "runningWorkers",
  (SELECT count(*) FROM worker
   WHERE stopped_at IS NULL AND last_seen_at < clock_timestamp() - interval '15 seconds'
     AND last_seen_at > clock_timestamp() - interval '1 day') AS "lostWorkers",
  (SELECT count(*) FROM file WHERE archived_at IS NULL AND task IS NULL) AS "unmatchedFiles"
