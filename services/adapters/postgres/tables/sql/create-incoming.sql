CREATE TEMPORARY TABLE incoming (
  record_offset bigint NOT NULL,
  LIKE "{{table}}" INCLUDING DEFAULTS
) ON COMMIT DROP
