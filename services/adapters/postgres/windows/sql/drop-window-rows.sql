DROP TABLE pg_temp.window_rows
