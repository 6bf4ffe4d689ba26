-- Shows whether a topic of another program was created again. Null for our topics, which are tagged, and for
-- logs from before this migration.
ALTER TABLE event_log
ADD COLUMN topic_id text;

COMMENT ON COLUMN event_log.topic_id IS 'The id that Kafka gave a topic of another program; null if it is not known';
