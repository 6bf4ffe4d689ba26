CREATE OR REPLACE TRIGGER {{trigger}} AFTER {{event}} ON {{relation}}
  REFERENCING {{transition-tables}} FOR EACH STATEMENT
  EXECUTE FUNCTION public.touch_changed_rows({{column}})
