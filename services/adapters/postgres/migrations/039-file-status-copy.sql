-- The copy of the status of files in ClickHouse. A change of a file, or of its task, writes a message to the outbox in its
-- transaction. It names only the file: a worker reads the status when it sends it. The triggers are disabled until
-- clickhouse.url is set.
--
-- The version of a status is the time in microseconds, so it is also higher after a backup was restored. The sequence has
-- the last one: a version is higher even if the clock was set back.
CREATE SEQUENCE file_status_version;
GRANT USAGE, UPDATE ON SEQUENCE file_status_version TO telemetry_worker;
CREATE FUNCTION next_file_status_version() RETURNS bigint LANGUAGE sql SET search_path = pg_catalog, public AS $$
  SELECT setval('file_status_version',
    greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, nextval('file_status_version')))
$$;
REVOKE EXECUTE ON FUNCTION next_file_status_version() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION next_file_status_version() TO telemetry_worker;

CREATE FUNCTION write_changed_file(pipeline text, file bigint) RETURNS void LANGUAGE sql
  SET search_path = pg_catalog, public AS $$
  INSERT INTO outbox (topic, message_id, key, value)
  VALUES ('clickhouse:file_status', concat_ws(':', pipeline, 'file', file), file::text, '')
$$;
REVOKE EXECUTE ON FUNCTION write_changed_file(text, bigint) FROM PUBLIC;

CREATE FUNCTION copy_file_status() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM write_changed_file(NEW.pipeline, NEW.id);
  RETURN NULL;
END $$;

CREATE FUNCTION copy_task_of_file() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM write_changed_file(NEW.pipeline, file.id) FROM file WHERE file.task = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER copy_file_status
  AFTER INSERT OR UPDATE OF key, size, task, rejected, detail, target_key, processing_key, archived_at ON file
  FOR EACH ROW WHEN (NEW.pipeline IS NOT NULL) EXECUTE FUNCTION copy_file_status();
CREATE TRIGGER copy_task_of_file AFTER UPDATE OF state, progress, cancel_requested_at ON task
  FOR EACH ROW WHEN (NEW.method = 'load_file'
    AND (NEW.state <> OLD.state OR floor(NEW.progress * 100) <> floor(coalesce(OLD.progress, 0) * 100)))
  EXECUTE FUNCTION copy_task_of_file();
ALTER TABLE file DISABLE TRIGGER copy_file_status;
ALTER TABLE task DISABLE TRIGGER copy_task_of_file;

-- Starts the copy with all present files, or ends it and removes the messages that wait.
CREATE FUNCTION set_file_status_copy(is_on boolean) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, public AS $$
BEGIN
  IF is_on = (SELECT tgenabled <> 'D' FROM pg_trigger WHERE tgname = 'copy_file_status') THEN
    RETURN;
  END IF;
  IF is_on THEN
    ALTER TABLE file ENABLE TRIGGER copy_file_status;
    ALTER TABLE task ENABLE TRIGGER copy_task_of_file;
    PERFORM write_changed_file(pipeline, id)
    FROM (SELECT pipeline, id FROM file WHERE pipeline IS NOT NULL ORDER BY id) AS present;
  ELSE
    ALTER TABLE file DISABLE TRIGGER copy_file_status;
    ALTER TABLE task DISABLE TRIGGER copy_task_of_file;
    DELETE FROM outbox WHERE topic = 'clickhouse:file_status';
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION set_file_status_copy(boolean) FROM PUBLIC;
