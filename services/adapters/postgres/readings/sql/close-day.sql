SELECT close_day($1::date) AS closed
