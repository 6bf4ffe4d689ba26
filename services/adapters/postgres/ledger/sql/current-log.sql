SELECT id, cluster_id, topic_id
FROM event_log
WHERE topic = $1
ORDER BY id DESC
LIMIT 1
