-- The files that are not moved yet are found among any number of archived ones.
CREATE INDEX file_unmoved ON file (bucket, id) WHERE archived_at IS NULL;
