import type pg from 'pg'
import { longTransaction } from '../driver/connection.ts'
import { sqlStatement } from '../sql-file.ts'
import { withLiterals } from './call-literals.ts'
import type { Span } from './replace-rows.ts'
import { StepRefusal } from './step-refusal.ts'

/** A statement of a user, with the window for its parameters. */
export type StepStatement = Span & {
  /** One SELECT with `$1` and `$2`, or one CALL. */
  readonly text: string
}

/** Gives steps the rights on tables whose owner or rights have changed. */
export async function shareRightsWithSteps(pool: pg.Pool): Promise<void> {
  await pool.query(sqlStatement('share-rights-with-steps'))
}

/** Stores the rows of a SELECT in the temporary table `window_rows`. */
export function selectWithStepRights(client: pg.PoolClient, step: StepStatement): Promise<void> {
  const text = `CREATE TEMPORARY TABLE window_rows ON COMMIT DROP AS ${step.text}`
  return runWithStepRights(client, { ...step, text })
}

/** Runs a CALL. */
export function callWithStepRights(client: pg.PoolClient, step: StepStatement): Promise<void> {
  return runWithStepRights(client, { ...step, text: withLiterals(step.text, step) })
}

/**
 * Runs a statement with the rights of the role `telemetry_step`. It cannot get other rights. What it changes
 * in the session does not affect the rest of the transaction. See `docs/decisions/78-rights-of-steps.md`.
 *
 * @param client a connection in a transaction that can be rolled back to a savepoint
 * @throws StepRefusal if its rights are not enough, or if it has made the transaction read-only
 */
async function runWithStepRights(
  client: pg.PoolClient,
  { text, from, to }: StepStatement,
): Promise<void> {
  try {
    await client.query(sqlStatement('run-step'), [text, from, to])
  } catch (error) {
    throw isAboutRights(error) ? new StepRefusal(describeRights(error)) : error
  }
  await client.query(sqlStatement('leave-step'))
  for (const [name, value] of Object.entries(longTransaction))
    await client.query(`SET LOCAL ${name} = '${value}'`)
  const { rows } = await client.query<{ transaction_read_only: string }>(
    'SHOW transaction_read_only',
  )
  if (rows[0]?.transaction_read_only !== 'off')
    throw new StepRefusal('The SQL of a step may not make its transaction read-only.')
}

const insufficientPrivilege = '42501'

const isAboutRights = (error: unknown): error is Error =>
  (error as { code?: unknown }).code === insufficientPrivilege

const describeRights = ({ message }: Error): string =>
  `${message}. The SQL of a step reads the tables of the platform, writes only tables in the schema data, and cannot change its role.`
