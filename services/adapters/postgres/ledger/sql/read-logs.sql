SELECT id, reason, began_at
FROM event_log
ORDER BY id
