UPDATE pipeline SET
  declaration = NULL,
  fault = NULL,
  removed_rows = 0,
  life = gen_random_uuid(),
  pause_reason = CASE WHEN needs_decision THEN 'It was reset.' ELSE pause_reason END,
  needs_decision = false
WHERE name = $1
