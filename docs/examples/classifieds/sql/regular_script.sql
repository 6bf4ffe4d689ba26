-- Computes the margins of a span with fixed dates. You can run it again at any time.
CALL margin_by_ad_type('2020-04-08T00:00:00Z', '2020-04-09T00:00:00Z');
CALL margin_by_payment_type('2020-04-08T00:00:00Z', '2020-04-09T00:00:00Z');
