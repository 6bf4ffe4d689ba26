-- For each day (from, to), how many of its hours have been computed.
SELECT count(hour_begin)::integer AS computed
FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS day (day_begin, day_end, number)
LEFT JOIN data.computed_hour ON hour_begin >= day_begin AND hour_begin < day_end
GROUP BY number
ORDER BY number
