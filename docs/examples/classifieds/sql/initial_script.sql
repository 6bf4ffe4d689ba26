-- Makes the function, the table and the procedures of the margins. You can run it again at any time. The table
-- classifieds comes from the pipeline classifieds.

-- The part of the price that is left after the cost; null for the price 0, so that a sum leaves it out.
CREATE OR REPLACE FUNCTION data.margin_func(price numeric, payment_cost numeric) RETURNS numeric
  LANGUAGE sql IMMUTABLE
  AS $$ SELECT round((price - payment_cost) / nullif(price, 0), 3) $$;

-- The workers write the table, so it must belong to their role.
SET ROLE telemetry_worker;
CREATE TABLE IF NOT EXISTS data.margin_info (
  discriminator text,
  type text,
  from_timestamp timestamptz,
  to_timestamp timestamptz,
  margin numeric,
  PRIMARY KEY (discriminator, type, from_timestamp, to_timestamp)
);
RESET ROLE;

-- The procedures compute the rows of a span again. The span includes its begin and excludes its end.
CREATE OR REPLACE PROCEDURE data.margin_by_ad_type(span_from timestamptz, span_to timestamptz)
  LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM data.margin_info
  WHERE discriminator = 'ad_type' AND from_timestamp = span_from AND to_timestamp = span_to;
  INSERT INTO data.margin_info (discriminator, type, from_timestamp, to_timestamp, margin)
  SELECT 'ad_type', ad_type, span_from, span_to, sum(data.margin_func(price, payment_cost))
  FROM data.classifieds
  WHERE created_at >= span_from AND created_at < span_to AND price <> 0
  GROUP BY ad_type
  ON CONFLICT (discriminator, type, from_timestamp, to_timestamp) DO UPDATE SET margin = excluded.margin;
END $$;

CREATE OR REPLACE PROCEDURE data.margin_by_payment_type(span_from timestamptz, span_to timestamptz)
  LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM data.margin_info
  WHERE discriminator = 'payment_type' AND from_timestamp = span_from AND to_timestamp = span_to;
  INSERT INTO data.margin_info (discriminator, type, from_timestamp, to_timestamp, margin)
  SELECT 'payment_type', payment_type, span_from, span_to, sum(data.margin_func(price, payment_cost))
  FROM data.classifieds
  WHERE created_at >= span_from AND created_at < span_to AND price <> 0
  GROUP BY payment_type
  ON CONFLICT (discriminator, type, from_timestamp, to_timestamp) DO UPDATE SET margin = excluded.margin;
END $$;
