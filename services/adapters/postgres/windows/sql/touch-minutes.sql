SELECT touch_minutes($1, $2::timestamptz[])
