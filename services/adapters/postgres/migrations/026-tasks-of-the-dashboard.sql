-- The dashboard's role may insert tasks. Units of other kinds belong to messages and schedules: a task with such a
-- unit would take the place of theirs.
CREATE FUNCTION check_operator_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.unit NOT LIKE 'api:%' THEN
    RAISE EXCEPTION 'The role telemetry_operator may only make tasks with a unit api:ID, not %', NEW.unit
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.run_after = 'infinity' THEN
    RAISE EXCEPTION 'The task would never run: run_after is infinity' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER check_operator_task BEFORE INSERT ON task
  FOR EACH ROW WHEN (current_user = 'telemetry_operator') EXECUTE FUNCTION check_operator_task();
