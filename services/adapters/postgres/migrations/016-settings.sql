-- Settings that apply at run time. A row overrides the file of the pipeline. Provisioning replaces the
-- functions "setting_fault" and "setting_value_fault": they are made from the list of settings.
CREATE TABLE setting (
  pipeline text NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL,
  PRIMARY KEY (pipeline, key)
);

CREATE TABLE setting_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pipeline text NOT NULL,
  key text NOT NULL,
  old_value text,
  new_value text,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_by text NOT NULL
);
CREATE INDEX setting_change_by_key ON setting_change (pipeline, key, id);

CREATE FUNCTION setting_fault(pipeline_name text, setting_key text) RETURNS text LANGUAGE sql
  AS $$ SELECT 'The database is not provisioned completely. Start the platform again.' $$;
CREATE FUNCTION setting_value_fault(pipeline_name text, setting_key text, given text) RETURNS text LANGUAGE sql
  AS $$ SELECT NULL::text $$;

-- Who changes a setting: the user of the command, otherwise the role.
CREATE FUNCTION setting_changed_by() RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('av_telemetry.changed_by', true), ''), session_user) $$;

CREATE FUNCTION check_setting() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fault text;
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.pipeline, NEW.key) IS DISTINCT FROM (OLD.pipeline, OLD.key) THEN
    fault := format('The name of the setting %s.%s cannot change. Delete the row, and insert another one.', OLD.pipeline, OLD.key);
  ELSE
    fault := coalesce(
      public.setting_fault(NEW.pipeline, NEW.key),
      public.setting_value_fault(NEW.pipeline, NEW.key, NEW.value)
    );
  END IF;
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = fault;
  END IF;
  NEW.changed_at := clock_timestamp();
  NEW.changed_by := public.setting_changed_by();
  RETURN NEW;
END $$;

CREATE FUNCTION record_setting_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  old_value text;
  new_value text;
  changed record;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    old_value := OLD.value;
    changed := OLD;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    new_value := NEW.value;
    changed := NEW;
  END IF;
  IF old_value IS DISTINCT FROM new_value THEN
    INSERT INTO public.setting_change (pipeline, key, old_value, new_value, changed_by)
    VALUES (changed.pipeline, changed.key, old_value, new_value, public.setting_changed_by());
    PERFORM pg_notify('setting_changed', changed.pipeline);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
    MESSAGE = 'TRUNCATE would write no history. Use DELETE FROM setting.';
END $$;

CREATE FUNCTION notify_pipeline_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Workers write "seen_at" again and again.
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'seen_at' = to_jsonb(NEW) - 'seen_at' THEN
    RETURN NULL;
  END IF;
  PERFORM pg_notify('pipeline_changed', '');
  RETURN NULL;
END $$;

CREATE TRIGGER check_setting BEFORE INSERT OR UPDATE ON setting
  FOR EACH ROW EXECUTE FUNCTION check_setting();
CREATE TRIGGER record_setting_change AFTER INSERT OR UPDATE OR DELETE ON setting
  FOR EACH ROW EXECUTE FUNCTION record_setting_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON setting
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER notify_pipeline_changed AFTER INSERT OR UPDATE OR DELETE ON pipeline
  FOR EACH ROW EXECUTE FUNCTION notify_pipeline_changed();

GRANT SELECT ON setting, setting_change TO telemetry_worker, telemetry_reader;

COMMENT ON TABLE setting IS 'Settings that apply at run time. Workers apply a change within a second. Without a row the file of the pipeline applies';
COMMENT ON COLUMN setting.pipeline IS 'The pipeline; "worker" for the settings of all workers';
COMMENT ON COLUMN setting.key IS 'The name of the setting, e.g. batch.records';
COMMENT ON COLUMN setting.value IS 'The value as text, as in the file of a pipeline, e.g. 30 s';
COMMENT ON COLUMN setting.changed_at IS 'When the value was set';
COMMENT ON COLUMN setting.changed_by IS 'The user of the command, or the role of the database';
COMMENT ON TABLE setting_change IS 'The history of the table setting';
COMMENT ON COLUMN setting_change.old_value IS 'The value before; null if there was none';
COMMENT ON COLUMN setting_change.new_value IS 'The value after; null if the setting was removed';
