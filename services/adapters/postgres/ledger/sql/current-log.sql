SELECT id, cluster_id
FROM event_log
WHERE topic = $1
ORDER BY id DESC
LIMIT 1
