-- The rows of the window that the result does not have.
DELETE FROM {{relation}} AS present
WHERE _window_from = $1 AND _window_to = $2
  AND NOT EXISTS (SELECT FROM pg_temp.window_rows AS result WHERE {{same-key}})
