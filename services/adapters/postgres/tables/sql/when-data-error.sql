-- The handler of the rows that the database refuses. It ends with the error in the variables error_*.
-- These are the names of the data error classes 21, 22, 23, 27, 44, 54 and P0. Any other error is an outage.
WHEN cardinality_violation OR data_exception OR integrity_constraint_violation
  OR triggered_data_change_violation OR with_check_option_violation
  OR program_limit_exceeded OR plpgsql_error THEN
  GET STACKED DIAGNOSTICS
    error_state = RETURNED_SQLSTATE,
    error_text = MESSAGE_TEXT,
    error_constraint = CONSTRAINT_NAME,
    error_table = TABLE_NAME;
  -- An index that is being rebuilt, and a missing partition: a retry of the transaction helps.
  IF (error_state = '23505' AND error_constraint ~ '_cc(new|old)\d*$')
    OR (error_state = '23514' AND error_constraint = '' AND error_table = '{{table}}') THEN
    RAISE;
  END IF;
