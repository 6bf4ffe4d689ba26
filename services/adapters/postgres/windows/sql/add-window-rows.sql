INSERT INTO {{relation}} ({{columns}}, _window_from, _window_to)
SELECT {{columns}}, $1::timestamptz, $2::timestamptz FROM pg_temp.window_rows
