-- As in 027-step-rights.sql, but one transaction at a time: two that grant rights on the same table fail with
-- "tuple concurrently updated".
CREATE OR REPLACE FUNCTION share_rights_with_steps() RETURNS void LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('rights of steps', 721021));
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
