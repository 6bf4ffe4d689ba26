SELECT pipeline, key, value FROM setting ORDER BY pipeline, key
