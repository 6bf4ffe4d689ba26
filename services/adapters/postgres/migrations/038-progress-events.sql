-- Progress events: messages that tell about tasks, for pipelines with the key "progress". They are written in the
-- transaction of what they tell about.
ALTER TABLE pipeline ADD COLUMN progress_topic text GENERATED ALWAYS AS (declaration ->> 'progress') STORED;
CREATE INDEX pipeline_with_progress ON pipeline (name) WHERE progress_topic IS NOT NULL;
ALTER TABLE task ADD COLUMN progress_topic text;

-- The id of the message ends with its number in the outbox, which no other message has.
CREATE FUNCTION write_progress_event(topic text, pipeline text, task bigint, event json) RETURNS void
  LANGUAGE sql SET search_path = pg_catalog, public AS $$
  INSERT INTO outbox (id, topic, message_id, key, value) OVERRIDING SYSTEM VALUE
  SELECT number, topic, concat_ws(':', pipeline, task, number), task::text, json_strip_nulls(event)::text
  FROM nextval('outbox_id_seq') AS number
$$;
REVOKE EXECUTE ON FUNCTION write_progress_event(text, text, bigint, json) FROM PUBLIC;

CREATE FUNCTION time_of_event() RETURNS text LANGUAGE sql SET search_path = pg_catalog AS $$
  SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- Counts new tasks, tells workers about them, and writes the first event of those with events.
CREATE OR REPLACE FUNCTION count_made_tasks() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  followed pipeline;
BEGIN
  INSERT INTO task_count AS present (pipeline, slot, made)
  SELECT pipeline, pg_backend_pid() % 16, count(*) FROM made GROUP BY pipeline ORDER BY pipeline
  ON CONFLICT (pipeline, slot) DO UPDATE SET made = present.made + excluded.made;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  PERFORM pg_notify('task_queued', '');
  FOR followed IN
    SELECT * FROM pipeline
    WHERE progress_topic IS NOT NULL AND EXISTS (SELECT FROM made WHERE made.pipeline = pipeline.name)
  LOOP
    UPDATE task SET progress_topic = followed.progress_topic
    WHERE id IN (SELECT id FROM made WHERE pipeline = followed.name);
    -- The parameters of the task of a file are its path.
    PERFORM write_progress_event(followed.progress_topic, pipeline, id, json_build_object(
      'type', 'job_created', 'job_id', id::text, 'pipeline', pipeline, 'task', method, 'status', state, 'unit', unit,
      'filename', CASE followed.declaration #>> '{source,kind}' WHEN 'files' THEN params::json ->> 'file' END,
      'at', time_of_event()))
    FROM (SELECT * FROM made WHERE pipeline = followed.name ORDER BY id) AS in_order;
  END LOOP;
  RETURN NULL;
END $$;

CREATE FUNCTION write_job_update() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  is_complete boolean := NEW.state = 'complete';
BEGIN
  PERFORM write_progress_event(NEW.progress_topic, NEW.pipeline, NEW.id, json_build_object(
    'type', 'job_update', 'job_id', NEW.id::text, 'pipeline', NEW.pipeline, 'task', NEW.method, 'status', NEW.state,
    'progress', CASE WHEN is_complete THEN 1 ELSE coalesce(NEW.progress, 0) END,
    'committed', CASE WHEN is_complete THEN coalesce(NEW.rows, 0) ELSE 0 END,
    'attempt', NEW.attempt,
    'code', CASE WHEN NEW.state <> 'running' THEN NEW.code END,
    'detail', CASE WHEN NEW.state <> 'running' THEN left(NEW.detail, 16384) END,
    'at', time_of_event()));
  RETURN NULL;
END $$;

-- Progress is told in steps of one percent. It is stored only when the lease is renewed, so a task has a limited number
-- of events, however often it reports. A request to cancel a queued task changes its state in another trigger.
CREATE TRIGGER write_job_update AFTER UPDATE OF state, progress, cancel_requested_at ON task
  FOR EACH ROW WHEN (NEW.progress_topic IS NOT NULL
    AND (NEW.state <> OLD.state OR floor(NEW.progress * 100) <> floor(coalesce(OLD.progress, 0) * 100)))
  EXECUTE FUNCTION write_job_update();

COMMENT ON COLUMN pipeline.progress_topic IS 'The topic for the events of its tasks: the key "progress" of the declaration; null: there are none';
COMMENT ON COLUMN task.progress_topic IS 'The topic for the events of the task, as the pipeline had it when the task was made; null: there are none';
