INSERT INTO refused_message (id, topic, message_id, key, value, made_at, reason)
SELECT outbox.id, topic, message_id, key, value, made_at, given.reason
FROM unnest($1::bigint[], $2::text[]) AS given (id, reason) JOIN outbox USING (id)
