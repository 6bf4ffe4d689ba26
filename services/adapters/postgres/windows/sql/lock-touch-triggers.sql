-- So that a worker does not remove triggers while another worker creates them.
SELECT pg_advisory_xact_lock(hashtextextended('touch triggers', 721021))
