CREATE TEMPORARY TABLE window_rows ON COMMIT DROP AS EXECUTE window_step ({{from}}, {{to}})
