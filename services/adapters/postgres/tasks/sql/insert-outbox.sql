WITH written_message AS (
  INSERT INTO outbox (topic, message_id, key, value)
  SELECT topic, message_id, key, value
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
    WITH ORDINALITY AS given (topic, message_id, key, value, position)
  ORDER BY position
  RETURNING 1
)
SELECT require_rows('outbox', count(*), cardinality($1::text[])) FROM written_message
