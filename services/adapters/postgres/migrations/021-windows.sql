-- Schedules, and the times of rows that change a window that may have been computed.
CREATE TABLE schedule (
  pipeline text PRIMARY KEY,
  made_from timestamptz NOT NULL,
  made_until timestamptz NOT NULL,
  recomputations bigint NOT NULL DEFAULT 0,
  reads_table text,
  late_before timestamptz,
  late_rule_until timestamptz,
  CHECK (made_from <= made_until)
);

-- No unique key: transactions that touch the same window do not wait for each other.
CREATE TABLE touched_window (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pipeline text NOT NULL,
  minute timestamptz NOT NULL,
  touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
CREATE INDEX touched_window_by_pipeline ON touched_window (pipeline, touched_at);

-- Records the minutes of late rows for each schedule that reads the table, as SCHEMA.TABLE. A schedule whose
-- rule for lateness is too old takes all rows of the past as late.
CREATE FUNCTION touch_minutes(changed_table text, minutes timestamptz[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO touched_window (pipeline, minute)
  SELECT pipeline, minute
  FROM schedule CROSS JOIN unnest(minutes) AS minute
  WHERE reads_table = changed_table
    AND minute < CASE WHEN clock_timestamp() < late_rule_until THEN late_before ELSE clock_timestamp() END
$$;
REVOKE EXECUTE ON FUNCTION touch_minutes(text, timestamptz[]) FROM PUBLIC;

-- A statement trigger with the argument COLUMN. Runs as the role that changes the table, so that it can do
-- no more than that role. Its tables of changed rows are "before" and "after".
CREATE FUNCTION touch_changed_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed text := CASE TG_OP
    WHEN 'INSERT' THEN 'SELECT %1$I FROM after'
    WHEN 'DELETE' THEN 'SELECT %1$I FROM before'
    ELSE 'SELECT %1$I FROM after UNION ALL SELECT %1$I FROM before'
  END;
  minutes timestamptz[];
BEGIN
  EXECUTE format(
    'SELECT array_agg(DISTINCT date_trunc(''minute'', %1$I)) FROM (' || changed || ') AS changed
      WHERE isfinite(%1$I)', TG_ARGV[0]) INTO minutes;
  IF minutes IS NOT NULL THEN
    PERFORM public.touch_minutes(TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, minutes);
  END IF;
  RETURN NULL;
END $$;

GRANT SELECT ON schedule, touched_window TO telemetry_reader, telemetry_worker;
GRANT INSERT, UPDATE, DELETE ON schedule TO telemetry_worker;
GRANT DELETE ON touched_window TO telemetry_worker;
GRANT EXECUTE ON FUNCTION touch_minutes(text, timestamptz[]) TO telemetry_worker, telemetry_writer;

COMMENT ON TABLE schedule IS 'Pipelines that run on a schedule. A worker that makes their tasks locks the row';
COMMENT ON COLUMN schedule.made_from IS 'The beginning of the first window';
COMMENT ON COLUMN schedule.made_until IS 'The end of the last window that has a task, or was left out after a stop';
COMMENT ON COLUMN schedule.recomputations IS 'How many tasks were made because of late rows';
COMMENT ON COLUMN schedule.reads_table IS 'The table whose late rows matter, as SCHEMA.TABLE; null: none';
COMMENT ON COLUMN schedule.late_before IS 'Rows with an earlier time count as late';
COMMENT ON COLUMN schedule.late_rule_until IS 'Until then late_before is right';
COMMENT ON TABLE touched_window IS 'Minutes with late rows. A worker deletes them when it makes the tasks that compute their windows again';
COMMENT ON COLUMN touched_window.touched_at IS 'When the row was written';
