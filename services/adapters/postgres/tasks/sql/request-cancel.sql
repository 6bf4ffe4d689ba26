-- A trigger cancels a queued task at once, and ignores requests for ended tasks.
UPDATE task SET cancel_requested_at = coalesce(cancel_requested_at, now())
WHERE id = $1
RETURNING old.state AS before, new.state AS after
