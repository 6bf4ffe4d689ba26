-- A row that is equal is not written, so it does not count as changed for schedules that read the table.
-- In the order of the keys, so that transactions with equal keys wait for each other, and do not deadlock.
INSERT INTO {{relation}} AS present ({{columns}}, _window_from, _window_to)
SELECT {{columns}}, $1::timestamptz, $2::timestamptz FROM pg_temp.window_rows
ORDER BY {{key}}
ON CONFLICT ({{key}}) DO UPDATE SET {{assignments}}
WHERE {{condition}}
