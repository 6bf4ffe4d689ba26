-- Records that the task refreshes the tables. Returns those that no later task of the pipeline has refreshed.
INSERT INTO refreshed_table AS present (pipeline, name, task)
SELECT $1, name, $2 FROM unnest($3::text[]) AS name
ON CONFLICT (pipeline, name) DO UPDATE SET task = excluded.task
WHERE present.task <= excluded.task
RETURNING name
