SELECT count(*) AS waiting FROM task WHERE state = 'queued' AND run_after <= now()
