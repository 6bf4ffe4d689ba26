-- Records that the hour $1 is computed, unless readings from $2 to $3, on which it depends, were deleted by retention.
-- Also locks the hour, so that two transactions do not write it at the same time.
INSERT INTO data.computed_hour (hour_begin, computed_at)
SELECT $1, now()
WHERE NOT EXISTS (
  SELECT FROM retired_day
  WHERE day >= ($2::timestamptz AT TIME ZONE 'UTC')::date AND day < ($3::timestamptz AT TIME ZONE 'UTC')
)
ON CONFLICT (hour_begin) DO UPDATE SET computed_at = excluded.computed_at
