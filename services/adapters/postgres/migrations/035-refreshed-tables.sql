-- Which task has replaced the content of a table last. Runs of a schedule may end in another order than they began.
CREATE TABLE refreshed_table (
  pipeline text NOT NULL,
  name text NOT NULL,
  task bigint NOT NULL,
  PRIMARY KEY (pipeline, name)
);

GRANT SELECT ON refreshed_table TO telemetry_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON refreshed_table TO telemetry_worker;

COMMENT ON TABLE refreshed_table IS 'Tables whose content pipelines have replaced ("refresh": true), with the newest task that did it';
SELECT share_rights_with_steps();
