ALTER TABLE file ADD COLUMN processing_key text;
CREATE UNIQUE INDEX file_processing ON file (bucket, processing_key) WHERE archived_at IS NULL;
COMMENT ON COLUMN file.processing_key IS 'Where the file is while it is processed, if its pipeline has a folder for this. It is recorded before the move';
