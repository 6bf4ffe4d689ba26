SELECT count(*) AS count FROM pg_temp.window_rows
