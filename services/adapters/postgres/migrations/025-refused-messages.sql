-- Messages that Kafka has refused for good are moved from outbox to this table, so that the later messages of their topics are sent.
CREATE TABLE refused_message (
  id bigint PRIMARY KEY,
  topic text NOT NULL,
  message_id text NOT NULL,
  key text,
  value text NOT NULL,
  made_at timestamptz NOT NULL,
  refused_at timestamptz NOT NULL DEFAULT now(),
  reason text NOT NULL
);
GRANT SELECT ON refused_message TO telemetry_reader, telemetry_worker;
GRANT INSERT, DELETE ON refused_message TO telemetry_worker;
COMMENT ON TABLE refused_message IS 'Messages of tasks that Kafka has refused for good, e.g. because they are too large for their topic. They are kept until a user deletes them';
COMMENT ON COLUMN refused_message.id IS 'The id that the message had in the table outbox';
COMMENT ON COLUMN refused_message.reason IS 'Why Kafka has refused the message';
