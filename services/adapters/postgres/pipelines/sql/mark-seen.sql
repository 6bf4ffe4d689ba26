UPDATE pipeline SET seen_at = now() WHERE name = ANY ($1)
