INSERT INTO event_log (cluster_id, topic, reason, topic_id)
VALUES ($1, $2, $3, $4)
RETURNING id
