-- Otherwise what a step has set or opened would affect the rest of the transaction, with the rights of the worker:
-- a cursor WITH HOLD runs its query at the end of the transaction, a setting may end it without durability, and a
-- temporary object may have the name of a table or type.
CLOSE ALL;
RESET ALL;
SET LOCAL search_path = public, data, pg_temp;
SET CONSTRAINTS ALL DEFERRED
