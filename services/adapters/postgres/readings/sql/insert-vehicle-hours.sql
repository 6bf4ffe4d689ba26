INSERT INTO data.vehicle_hour
  (hour_begin, vin, distance_mm, driving_ms, idle_ms, max_speed, mean_speed, readings, gaps, stops)
SELECT $1, computed.*
FROM unnest(
  $2::text[], $3::bigint[], $4::integer[], $5::integer[], $6::double precision[], $7::double precision[],
  $8::bigint[], $9::integer[], $10::integer[]
) AS computed
