SELECT life::text AS life FROM pipeline WHERE name = $1
