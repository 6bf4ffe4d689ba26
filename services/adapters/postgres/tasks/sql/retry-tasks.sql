SELECT retry_tasks($1::bigint[]) AS id
