-- The role with which the dashboard pauses and resumes declared pipelines. It reads and writes nothing else.
GRANT SELECT (name, paused, pause_reason), UPDATE (paused, pause_reason) ON pipeline TO telemetry_operator;
