-- As in 027-step-rights.sql, for a server without the event trigger. What the step has changed is rolled back.
CREATE OR REPLACE FUNCTION public.run_step(statement text, window_from timestamptz, window_to timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  before text := public.objects_of_steps();
BEGIN
  EXECUTE statement USING window_from, window_to;
  -- What was deferred runs here, with the rights of the step.
  SET CONSTRAINTS ALL IMMEDIATE;
  IF public.objects_of_steps() IS DISTINCT FROM before THEN
    RAISE EXCEPTION 'permission denied: a step may not change objects' USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$
