-- A pipeline without a key reads no other log of its topic until a user has decided where it begins.
ALTER TABLE pipeline
  ADD COLUMN needs_decision boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT pipeline_needs_decision_check CHECK (paused OR NOT needs_decision);

GRANT SELECT (needs_decision) ON pipeline TO telemetry_operator;

COMMENT ON COLUMN pipeline.needs_decision IS 'Whether it is paused because its topic is another log, until a user decides where in that log it begins: npm run pipeline -- resume NAME --from earliest or latest';
