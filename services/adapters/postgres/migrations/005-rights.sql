-- What the services' roles may do. Provisioning makes the roles and sets their passwords.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO telemetry_reader, telemetry_writer;
GRANT INSERT, UPDATE ON event_log, partition_ledger TO telemetry_writer;
GRANT INSERT ON offset_span, dead_letter, "{{table}}" TO telemetry_writer;
GRANT EXECUTE ON FUNCTION ensure_day(date) TO telemetry_writer;
