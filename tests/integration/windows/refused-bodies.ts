/** Statements that must be refused, in the body of a procedure that a step calls. */
export const refusedBodies: readonly (readonly [name: string, body: string, reason: RegExp])[] = [
  ...['partition_ledger', 'task', 'outbox', 'setting', 'dead_letter', 'diag', 'pipeline'].flatMap(
    (table) => [
      [`deletes from ${table}`, `DELETE FROM public.${table}`, /permission denied/] as const,
    ],
  ),
  [
    'inserts a message',
    `INSERT INTO outbox (topic, message_id, value) VALUES ('a', 'b', 'c')`,
    /permission denied for table outbox/,
  ],
  [
    'inserts a setting',
    `INSERT INTO setting VALUES ('a', 'enabled', 'false')`,
    /permission denied for table setting/,
  ],
  ['locks tasks', 'PERFORM FROM task FOR UPDATE', /permission denied for table task/],
  ['retries tasks', `PERFORM retry_tasks(ARRAY[1])`, /permission denied for function retry_tasks/],
  ['makes a table', 'CREATE TABLE data.made (id int)', /permission denied for schema data/],
  [
    'makes a table in public',
    'CREATE TABLE public.made (id int)',
    /permission denied for schema public/,
  ],
  ['drops a table', 'DROP TABLE data.ad', /must be owner of table ad/],
  [
    'changes its role',
    'SET ROLE telemetry_worker',
    /cannot set parameter "role" within security-definer function/,
  ],
  ['changes its role locally', 'SET LOCAL ROLE telemetry_worker', /cannot set parameter "role"/],
  ['resets its role', 'RESET ROLE', /cannot set parameter "role"/],
  [
    'changes its role by a function',
    `PERFORM set_config('role', 'telemetry_worker', false)`,
    /cannot set parameter "role"/,
  ],
  [
    'changes its user',
    'SET SESSION AUTHORIZATION telemetry_worker',
    /cannot set parameter "session_authorization"/,
  ],
  [
    'resets its user',
    'SET SESSION AUTHORIZATION DEFAULT',
    /cannot set parameter "session_authorization"/,
  ],
  [
    'ends connections of workers',
    'PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    /permission denied/,
  ],
  ['reads a file of the server', `PERFORM pg_read_file('PG_VERSION')`, /permission denied/],
  [
    'changes its user by a function',
    `PERFORM set_config('session_authorization', 'telemetry_worker', false)`,
    /cannot set parameter "session_authorization"/,
  ],
  [
    'takes a role while it runs a function',
    `PERFORM data.as_worker()`,
    /cannot set parameter "role"/,
  ],
  ['commits', 'COMMIT', /invalid transaction termination/],
  ['rolls back', 'ROLLBACK', /invalid transaction termination/],
  [
    'removes SECURITY DEFINER from run_step',
    'ALTER FUNCTION run_step SECURITY INVOKER',
    /permission denied for the command ALTER FUNCTION/,
  ],
  [
    'drops the function run_step',
    'DROP FUNCTION run_step',
    /permission denied for the command DROP FUNCTION/,
  ],
  [
    'revokes the right of the worker',
    'REVOKE EXECUTE ON FUNCTION run_step FROM telemetry_worker',
    /permission denied for the command REVOKE/,
  ],
  [
    'drops what it owns',
    'DROP OWNED BY CURRENT_USER',
    /permission denied for the command DROP OWNED/,
  ],
  [
    'makes a function',
    `CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    /permission denied for the command CREATE FUNCTION/,
  ],
  [
    'makes a trigger',
    'CREATE TEMP TABLE t (id int); CREATE TRIGGER t AFTER INSERT ON t EXECUTE FUNCTION count_made_tasks()',
    /permission denied for the command CREATE TRIGGER/,
  ],
  [
    'makes a view',
    'CREATE TEMP VIEW v AS SELECT 1',
    /permission denied for the command CREATE VIEW/,
  ],
  [
    'makes a type',
    'CREATE DOMAIN pg_temp.timestamptz AS text',
    /permission denied for the command CREATE DOMAIN/,
  ],
  ['makes its transaction read-only', 'SET TRANSACTION READ ONLY', /read-only/],
]
