SELECT topic, count(*) AS messages,
       extract(epoch FROM clock_timestamp() - min(made_at))::float8 AS "oldestSeconds"
FROM outbox GROUP BY topic ORDER BY topic
