-- The step of the pipeline margin: the margins of the window from $1 to $2. The rows replace those that
-- were computed for the window before.
SELECT discriminator, type, $1 AS from_timestamp, $2 AS to_timestamp,
       sum(margin_func(price, payment_cost)) AS margin
FROM classifieds
CROSS JOIN LATERAL (VALUES ('ad_type', ad_type), ('payment_type', payment_type)) AS of (discriminator, type)
WHERE created_at >= $1 AND created_at < $2 AND price <> 0
GROUP BY discriminator, type
