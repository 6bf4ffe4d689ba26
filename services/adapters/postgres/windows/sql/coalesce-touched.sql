-- Rows that change nothing: a minute that is recorded already, and minutes whose windows have no task yet. A border
-- of windows is at most one day. The first row of a minute stays: its task computes what the others have recorded.
DELETE FROM touched_window
WHERE id IN (
  SELECT repeated.id
  FROM (
    SELECT id, minute, row_number() OVER (PARTITION BY minute ORDER BY touched_at, id) AS number
    FROM touched_window WHERE pipeline = $1
  ) AS repeated
  JOIN schedule ON schedule.pipeline = $1
  WHERE number > 1 OR minute >= made_until + interval '1 day'
  LIMIT $2
)
