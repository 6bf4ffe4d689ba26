-- Minutes whose rows have been there for the allowed lateness ($2, milliseconds): later rows of the same
-- windows are then computed with them.
DELETE FROM touched_window
WHERE id IN (
  SELECT id FROM touched_window
  WHERE pipeline = $1 AND touched_at <= clock_timestamp() - $2 * interval '1 ms'
  ORDER BY touched_at LIMIT $3
)
RETURNING minute
