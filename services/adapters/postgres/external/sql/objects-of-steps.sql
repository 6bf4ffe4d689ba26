-- What the role telemetry_step owns besides its temporary tables, with the definition of run_step: equal texts mean
-- that a step has changed no object.
CREATE OR REPLACE FUNCTION public.objects_of_steps() RETURNS text LANGUAGE sql
  SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat_ws(E'\n',
    (SELECT function::text FROM pg_proc AS function
     WHERE oid = to_regprocedure('public.run_step(text,timestamptz,timestamptz)')),
    (SELECT string_agg(format('%s %s', classid, objid), ',' ORDER BY classid, objid)
     FROM pg_shdepend LEFT JOIN pg_class AS relation
       ON classid = 'pg_class'::regclass AND relation.oid = objid
     WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND refclassid = 'pg_authid'::regclass AND refobjid = 'telemetry_step'::regrole AND deptype = 'o'
       AND relkind IS DISTINCT FROM 'r' AND relkind IS DISTINCT FROM 'i'
       AND relkind IS DISTINCT FROM 't' AND relkind IS DISTINCT FROM 'S'),
    (SELECT string_agg(privileges::text, ',' ORDER BY oid) FROM pg_default_acl AS privileges
     WHERE defaclrole = 'telemetry_step'::regrole),
    (SELECT count(*) FROM pg_trigger JOIN pg_class AS relation ON relation.oid = tgrelid
     WHERE NOT tgisinternal AND relowner = 'telemetry_step'::regrole),
    (SELECT count(*) FROM pg_rewrite JOIN pg_class AS relation ON relation.oid = ev_class
     WHERE relowner = 'telemetry_step'::regrole),
    (SELECT count(*) FROM pg_policy JOIN pg_class AS relation ON relation.oid = polrelid
     WHERE relowner = 'telemetry_step'::regrole)
  )
$$
