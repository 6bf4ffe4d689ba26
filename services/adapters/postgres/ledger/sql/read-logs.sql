SELECT id, reason, began_at
FROM event_log
WHERE topic = $1
ORDER BY id
