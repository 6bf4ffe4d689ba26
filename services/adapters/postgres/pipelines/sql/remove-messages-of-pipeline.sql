-- The id of a message begins with the name of its pipeline, which has no colon.
DELETE FROM outbox WHERE split_part(message_id, ':', 1) = $1
