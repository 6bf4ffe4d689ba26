import { PostgresDeadLetterStore } from '../../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import { findLetterPipeline } from '../../dead-letters/letter-pipeline.ts'
import { forEachBatch } from '../../dead-letters/redrive.ts'
import type { WorkloadPlatform } from '../platform.ts'
import { refusesHeld } from './content.ts'
import { heldCode } from './judge.ts'
import { newestPipeline } from './pipelines.ts'

/** Records that a constraint refuses during a run, and the redrive of their dead letters. */

const { name } = newestPipeline
const constraint = 'verify_holds_back'
const table = `data."${name}"`

/** From now on the table refuses the records that are held back. */
export async function holdBack({ pool }: Pick<WorkloadPlatform, 'pool'>): Promise<void> {
  await dropConstraint(pool)
  // Not valid: rows of earlier runs stay.
  await pool.query(
    `ALTER TABLE ${table} ADD CONSTRAINT ${constraint} CHECK (${refusesHeld}) NOT VALID`,
  )
}

/** Drops the constraint and redrives the dead letters, by the code of `npm run dead-letters`. */
export async function redriveHeld({ config, pool }: WorkloadPlatform): Promise<void> {
  await dropConstraint(pool)
  const pipeline = await findLetterPipeline(
    { config, bucket: () => Promise.resolve(undefined) },
    pool,
    name,
  )
  const letters = new PostgresDeadLetterStore(pool, name)
  const filter = { states: ['open'], codes: [heldCode] } as const
  const counts = await letters.counts(filter)
  const count = counts.reduce((sum, each) => sum + each.count, 0)
  const upTo = Math.max(0, ...counts.map(({ lastId }) => lastId))
  const redriver = pipeline.createRedriver(pool, filter.states)
  const work = async (ids: readonly number[]): Promise<void> => {
    await redriver.redrive(ids)
  }
  const { signal } = new AbortController()
  await forEachBatch(letters, { filter, count, upTo }, { work, signal })
}

async function dropConstraint(pool: WorkloadPlatform['pool']): Promise<void> {
  await pool.query(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${constraint}`)
}
