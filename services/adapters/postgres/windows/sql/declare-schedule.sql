INSERT INTO schedule AS present (pipeline, made_from, made_until, reads_table)
VALUES ($1, $2, $3, $4)
ON CONFLICT (pipeline) DO UPDATE
SET reads_table = excluded.reads_table, late_before = NULL, late_rule_until = NULL
