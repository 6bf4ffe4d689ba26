ALTER TABLE file ADD COLUMN content_type text, ADD COLUMN detected_by text;
COMMENT ON COLUMN file.content_type IS 'What the file is, for example text/csv; null if no pipeline of its inbox has mimetypes';
COMMENT ON COLUMN file.detected_by IS 'How content_type was found out: signature, text, name, tika or default';
