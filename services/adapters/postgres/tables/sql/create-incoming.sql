CREATE TEMPORARY TABLE incoming (
  record_offset bigint NOT NULL,
  LIKE {{relation}} INCLUDING DEFAULTS
) ON COMMIT DROP
