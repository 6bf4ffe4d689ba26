SELECT coalesce(sum(row_count), 0)::bigint AS rows FROM retired_day
