UPDATE event_log
SET topic_id = $2
WHERE id = $1
  AND topic_id IS NULL
