SELECT drop_day($1::date, $2)
