-- Tasks: the work that workers run for declared pipelines. A task is settled in the transaction of its effects.
CREATE TABLE worker (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  ip text NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  last_processed_at timestamptz,
  total_processed bigint NOT NULL DEFAULT 0,
  total_success bigint NOT NULL DEFAULT 0,
  draining boolean NOT NULL DEFAULT false,
  stopped_at timestamptz
);

-- The parameters are text: drivers parse values of the type json, and would round long numbers. The primary key
-- is the unit: it keeps a message from becoming two tasks.
CREATE TABLE task (
  id bigserial UNIQUE,
  pipeline text NOT NULL,
  unit text NOT NULL,
  method text NOT NULL,
  params text NOT NULL,
  transaction_key text,
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'complete', 'failed', 'canceled')),
  worker bigint,
  attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  uncounted_attempts integer NOT NULL DEFAULT 0 CHECK (uncounted_attempts BETWEEN 0 AND attempt),
  run_after timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz,
  cancel_requested_at timestamptz,
  progress double precision CHECK (progress BETWEEN 0 AND 1),
  rows bigint,
  code text,
  detail text,
  made_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  ended_at timestamptz,
  PRIMARY KEY (pipeline, unit),
  CHECK ((state = 'running') = (lease_until IS NOT NULL)),
  CHECK (state <> 'running' OR worker IS NOT NULL),
  CHECK ((state IN ('complete', 'failed', 'canceled')) = (ended_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
CREATE INDEX task_queued ON task (pipeline, run_after, id) WHERE state = 'queued';
CREATE INDEX task_running ON task (lease_until) WHERE state = 'running';
CREATE INDEX task_ended ON task (pipeline, state, id)
  WHERE state IN ('complete', 'failed', 'canceled');

CREATE TABLE task_log (
  task bigint PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
  lines text NOT NULL
);

-- Several counters a pipeline, so that transactions rarely wait for each other. Their sum counts.
CREATE TABLE task_count (
  pipeline text NOT NULL,
  slot smallint NOT NULL,
  made bigint NOT NULL DEFAULT 0,
  retired bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (pipeline, slot)
);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  message_id text NOT NULL,
  key text,
  value text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
CREATE INDEX outbox_by_topic ON outbox (topic, id);

-- Counts new tasks, and tells workers about them. The dashboard's role may not write counters itself.
CREATE FUNCTION count_made_tasks() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  INSERT INTO task_count AS present (pipeline, slot, made)
  SELECT pipeline, pg_backend_pid() % 16, count(*) FROM made GROUP BY pipeline ORDER BY pipeline
  ON CONFLICT (pipeline, slot) DO UPDATE SET made = present.made + excluded.made;
  IF FOUND THEN
    PERFORM pg_notify('task_queued', '');
  END IF;
  RETURN NULL;
END $$;

-- Requesting is all that the dashboard's role may do. A queued task is canceled at once; the worker of a
-- running task cancels it; for an ended task the request changes nothing.
CREATE FUNCTION apply_cancel_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.cancel_requested_at IS NULL THEN
    RETURN NEW;
  END IF;
  IF OLD.state = 'queued' THEN
    NEW.state := 'canceled';
    NEW.ended_at := clock_timestamp();
  ELSIF OLD.state <> 'running' THEN
    NEW.cancel_requested_at := OLD.cancel_requested_at;
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION notify_cancel_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('task_cancel_requested', '');
  RETURN NULL;
END $$;

CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('outbox_written', '');
  RETURN NULL;
END $$;

-- Puts failed and canceled tasks back into the queue, with all their attempts. A complete task stays
-- complete: its rows are stored. Returns the tasks that are queued again.
CREATE FUNCTION retry_tasks(task_ids bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  -- All transactions lock tasks in this order.
  PERFORM FROM task
    WHERE id = ANY (task_ids) AND state IN ('failed', 'canceled') ORDER BY id FOR UPDATE;
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
REVOKE EXECUTE ON FUNCTION retry_tasks(bigint[]) FROM PUBLIC;

CREATE TRIGGER count_made_tasks AFTER INSERT ON task REFERENCING NEW TABLE AS made
  FOR EACH STATEMENT EXECUTE FUNCTION count_made_tasks();
CREATE TRIGGER apply_cancel_request BEFORE UPDATE OF cancel_requested_at ON task
  FOR EACH ROW EXECUTE FUNCTION apply_cancel_request();
CREATE TRIGGER notify_cancel_request AFTER UPDATE OF cancel_requested_at ON task
  FOR EACH STATEMENT EXECUTE FUNCTION notify_cancel_request();
CREATE TRIGGER notify_outbox AFTER INSERT ON outbox
  FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

GRANT SELECT ON task, task_log, task_count, worker, outbox TO telemetry_reader, telemetry_worker;
GRANT INSERT, UPDATE, DELETE ON task, task_log, worker, outbox TO telemetry_worker;
GRANT INSERT, UPDATE ON task_count TO telemetry_worker;
GRANT USAGE ON SEQUENCE task_id_seq TO telemetry_worker, telemetry_operator;
GRANT EXECUTE ON FUNCTION retry_tasks(bigint[]) TO telemetry_worker, telemetry_operator;
GRANT SELECT (id, pipeline, unit, state, cancel_requested_at),
  INSERT (pipeline, unit, method, params, transaction_key, run_after),
  UPDATE (cancel_requested_at) ON task TO telemetry_operator;

COMMENT ON TABLE task IS 'The tasks of declared pipelines. Tasks that ended more than seven days ago are deleted and counted in task_count';
COMMENT ON COLUMN task.unit IS 'What the task is for, unique within the pipeline: LOG-PARTITION-OFFSET or the header "id" of a message, run:FROM/TO of a window, or api:ID';
COMMENT ON COLUMN task.method IS 'The handler that runs, or sql';
COMMENT ON COLUMN task.params IS 'The parameters: the text of a JSON value';
COMMENT ON COLUMN task.transaction_key IS 'The key of the message. Messages that the task writes get the same key';
COMMENT ON COLUMN task.state IS 'queued, running, complete, failed or canceled';
COMMENT ON COLUMN task.worker IS 'The worker that runs the task, or ran it last';
COMMENT ON COLUMN task.attempt IS 'Number of the latest attempt; 0 before the first. It never decreases';
COMMENT ON COLUMN task.uncounted_attempts IS 'Attempts that do not count against the limit: those that a stopping worker gave back, and those before a retry by a user';
COMMENT ON COLUMN task.run_after IS 'A queued task does not run before this time';
COMMENT ON COLUMN task.lease_until IS 'Until then the worker may run the task. The worker extends it while it runs the task';
COMMENT ON COLUMN task.cancel_requested_at IS 'When a user asked to cancel the task';
COMMENT ON COLUMN task.progress IS 'The progress that the handler reported, from 0 to 1';
COMMENT ON COLUMN task.rows IS 'Rows that the task stored, or wrote to a topic; null until it is complete';
COMMENT ON COLUMN task.code IS 'Why the latest attempt failed, e.g. timed-out';
COMMENT ON COLUMN task.detail IS 'Why the latest attempt failed: a sentence';
COMMENT ON COLUMN task.started_at IS 'When the latest attempt began';
COMMENT ON COLUMN task.ended_at IS 'When the task became complete, failed or canceled';
COMMENT ON TABLE task_log IS 'The last log lines of a task: at most 200 lines and 64 KiB';
COMMENT ON TABLE task_count IS 'Per pipeline: tasks that were made, and ended tasks that were deleted. The sum over the slots counts';
COMMENT ON TABLE worker IS 'The processes that run tasks. A worker that starts again is another row';
COMMENT ON COLUMN worker.last_seen_at IS 'When the worker last reported. It reports every few seconds';
COMMENT ON COLUMN worker.last_processed_at IS 'When the worker last ended an attempt';
COMMENT ON COLUMN worker.total_processed IS 'Attempts that the worker ended';
COMMENT ON COLUMN worker.total_success IS 'Attempts of the worker that completed their tasks';
COMMENT ON COLUMN worker.draining IS 'Whether the worker finishes its tasks and claims no others';
COMMENT ON COLUMN worker.stopped_at IS 'When the worker stopped; null while it runs, or if it was lost';
COMMENT ON TABLE outbox IS 'Messages that were written with the effects of tasks. A worker sends them to Kafka and deletes them';
COMMENT ON COLUMN outbox.message_id IS 'The header "id" of the message: equal if the message is sent again';
