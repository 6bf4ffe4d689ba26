-- The number of the advisory lock of a topic, as text: it may have more digits than a double holds.
SELECT hashtextextended('outbox of ' || $1::text, 0)::text AS lock
