CREATE TABLE {{relation}} (LIKE pg_temp.window_rows, _window_from timestamptz, _window_to timestamptz{{primary-key}})
