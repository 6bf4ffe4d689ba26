DO $$ BEGIN
  COMMENT ON COLUMN {{relation}}._window_from IS 'The beginning of the window that the row was computed for; null: another origin';
  COMMENT ON COLUMN {{relation}}._window_to IS 'The end of the window that the row was computed for';
END $$
