DROP TABLE IF EXISTS pg_temp.incoming, pg_temp.incoming_outcome
