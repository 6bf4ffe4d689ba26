DELETE FROM data.vehicle_hour WHERE hour_begin = $1
