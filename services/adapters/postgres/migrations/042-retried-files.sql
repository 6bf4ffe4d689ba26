-- A file that was moved waits at its new path when its task is tried again, and is moved again when the task has ended.
-- So it gets to the folder of its last state, and counts as such also after the task is deleted. If another
-- file waits at this path, the row stays as it is.
CREATE FUNCTION reopen_files(task_ids bigint[]) RETURNS void LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  moved record;
BEGIN
  -- An attempt that has lost its task can hold the lock of the file and wait for that of the task.
  FOR moved IN
    SELECT file.id, file.bucket, coalesce(file.target_key, file.key) AS place
    FROM file JOIN task ON task.id = file.task
    WHERE task.id = ANY (task_ids) AND task.state IN ('failed', 'canceled') AND file.archived_at IS NOT NULL
    ORDER BY file.id FOR UPDATE OF file SKIP LOCKED
  LOOP
    UPDATE file
    SET key = moved.place, target_key = NULL, processing_key = NULL, archived_at = NULL, detail = NULL
    WHERE id = moved.id AND NOT EXISTS (
      SELECT FROM file AS other
      WHERE other.bucket = moved.bucket AND other.key = moved.place AND other.archived_at IS NULL
    );
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION reopen_files(bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION retry_tasks(task_ids bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  -- All transactions lock tasks in this order.
  PERFORM FROM task
    WHERE id = ANY (task_ids) AND state IN ('failed', 'canceled') ORDER BY id FOR UPDATE;
  PERFORM reopen_files(task_ids);
  RETURN QUERY UPDATE task
    SET state = 'queued', uncounted_attempts = attempt, run_after = now(), worker = NULL,
        cancel_requested_at = NULL, progress = NULL, rows = NULL, code = NULL, detail = NULL,
        started_at = NULL, ended_at = NULL
    WHERE id = ANY (task_ids) AND state IN ('failed', 'canceled')
    RETURNING id;
  IF FOUND THEN
    PERFORM pg_notify('task_queued', '');
  END IF;
END $$;
