-- Triggers of the worker on tables that it owns, whose table and column no declaration names in "reads".
SELECT nspname AS schema, relname AS table, tgname AS trigger
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE tgfoid = 'public.touch_changed_rows()'::regprocedure AND tgparentid = 0
  AND pg_has_role(relowner, 'USAGE')
  AND NOT EXISTS (
    SELECT FROM pipeline
    WHERE nspname = 'data' AND declaration -> 'source' -> 'reads' ->> 'table' = relname
      AND declaration -> 'source' -> 'reads' ->> 'time' = split_part(encode(tgargs, 'escape'), '\000', 1)
  )
ORDER BY nspname, relname, tgname
