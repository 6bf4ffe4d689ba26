-- SQL of declared pipelines runs with the rights of the role telemetry_step: it reads what workers may read, and
-- writes only tables of the schema "data". In a SECURITY DEFINER function Postgres refuses a change of
-- the role, a commit and a rollback.
CREATE FUNCTION run_step(statement text, window_from timestamptz, window_to timestamptz) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  EXECUTE statement USING window_from, window_to;
  -- What was deferred runs here, with the rights of the step.
  SET CONSTRAINTS ALL IMMEDIATE;
END $$;
-- Without superuser, only a role that may create objects in the schema can become the owner.
GRANT CREATE ON SCHEMA public TO telemetry_step;
ALTER FUNCTION run_step(text, timestamptz, timestamptz) OWNER TO telemetry_step;
REVOKE CREATE ON SCHEMA public FROM telemetry_step;
REVOKE EXECUTE ON FUNCTION run_step(text, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION run_step(text, timestamptz, timestamptz) TO telemetry_worker;

-- Gives steps the rights that workers have in the schema "data", and the right to read what workers may read. The
-- default privileges below are not enough: a table may get its owner or its rights later.
CREATE FUNCTION share_rights_with_steps() RETURNS void LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing record;
BEGIN
  FOR missing IN
    SELECT relation.oid::regclass AS name, privilege,
      CASE relation.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
    FROM pg_class AS relation
    CROSS JOIN LATERAL unnest(CASE
      WHEN relkind = 'S' THEN ARRAY['USAGE', 'SELECT', 'UPDATE']
      ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'MAINTAIN']
    END) AS privilege
    WHERE CASE
      WHEN relnamespace = 'data'::regnamespace THEN relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      ELSE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND privilege = 'SELECT'
    END
      AND CASE relkind
        WHEN 'S' THEN has_sequence_privilege('telemetry_worker', relation.oid, privilege)
          AND NOT has_sequence_privilege('telemetry_step', relation.oid, privilege)
        ELSE has_table_privilege('telemetry_worker', relation.oid, privilege)
          AND NOT has_table_privilege('telemetry_step', relation.oid, privilege)
      END
  LOOP
    EXECUTE format('GRANT %s ON %s %s TO telemetry_step', missing.privilege, missing.kind, missing.name);
  END LOOP;
  FOR missing IN
    SELECT oid::regprocedure AS name FROM pg_proc
    WHERE pronamespace = 'data'::regnamespace AND has_function_privilege('telemetry_worker', oid, 'EXECUTE')
      AND NOT has_function_privilege('telemetry_step', oid, 'EXECUTE')
  LOOP
    EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO telemetry_step', missing.name);
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION share_rights_with_steps() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION share_rights_with_steps() TO telemetry_worker;

-- The role owns run_step and its temporary tables. It may make temporary tables, and change no other object: otherwise
-- it could remove the protection of run_step, or make objects whose code runs with the rights of the worker.
CREATE FUNCTION refuse_commands_of_steps() RETURNS event_trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_user = 'telemetry_step'
    AND tg_tag !~ '^((CREATE|DROP) (TABLE|INDEX)( AS)?|SELECT INTO|REFRESH MATERIALIZED VIEW)$' THEN
    RAISE EXCEPTION 'permission denied for the command %', tg_tag USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;
-- Only a superuser can create it. On a server of the user, provisioning protects run_step in another way.
DO $$ BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    CREATE EVENT TRIGGER refuse_commands_of_steps ON ddl_command_start EXECUTE FUNCTION refuse_commands_of_steps();
  END IF;
END $$;

GRANT USAGE ON SCHEMA data TO telemetry_step;
GRANT EXECUTE ON FUNCTION touch_minutes(text, timestamptz[]) TO telemetry_step;
ALTER DEFAULT PRIVILEGES FOR ROLE telemetry_worker IN SCHEMA data
  GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, MAINTAIN ON TABLES TO telemetry_step;
ALTER DEFAULT PRIVILEGES FOR ROLE telemetry_worker IN SCHEMA data
  GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO telemetry_step;
-- The worker reads the rows of a step from a temporary table.
ALTER DEFAULT PRIVILEGES FOR ROLE telemetry_step GRANT SELECT ON TABLES TO telemetry_worker;
SELECT share_rights_with_steps();
