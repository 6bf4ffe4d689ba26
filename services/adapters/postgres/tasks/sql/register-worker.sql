INSERT INTO worker (name, ip, host, pid) VALUES ($1, $2, $3, $4) RETURNING id
