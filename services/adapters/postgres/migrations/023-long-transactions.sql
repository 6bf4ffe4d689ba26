-- A row of a transaction that may last long can come after its window was computed. So its minute is recorded
-- also if it is not late yet. Minutes of windows that have no task are left out later.
CREATE OR REPLACE FUNCTION touch_minutes(changed_table text, minutes timestamptz[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO touched_window (pipeline, minute)
  SELECT pipeline, minute
  FROM schedule CROSS JOIN unnest(minutes) AS minute
  WHERE reads_table = changed_table
    AND (current_setting('telemetry.long_transaction', true) = 'on'
      OR minute < CASE WHEN clock_timestamp() < late_rule_until THEN late_before ELSE clock_timestamp() END)
$$;
