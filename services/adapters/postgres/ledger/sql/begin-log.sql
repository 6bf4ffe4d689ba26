INSERT INTO event_log (cluster_id, topic, reason)
VALUES ($1, $2, $3)
RETURNING id
