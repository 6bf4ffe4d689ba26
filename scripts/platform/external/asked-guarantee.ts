import type pg from 'pg'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import {
  describeDurability,
  unaskedPostgres,
} from '../../../infra/config/external/postgres-guarantee.ts'
import { usesExternalPostgres } from '../../../infra/topology/external/postgres.ts'
import { withConnection } from '../../../services/adapters/postgres/driver/connection.ts'
import { readServerFacts } from '../../../services/adapters/postgres/external/server-facts.ts'

/**
 * The sentences of a guarantee, with what a Postgres of the user says about itself. If the server does not answer, they
 * stay as they are: it depends on its settings.
 *
 * @param openPool connections with the owner's rights
 */
export async function withDurability(
  sentences: string[],
  config: PlatformConfig,
  openPool: () => Promise<pg.Pool>,
): Promise<string[]> {
  if (!usesExternalPostgres(config)) return sentences
  const pool = await openPool()
  try {
    const { durability } = await withConnection(pool, readServerFacts)
    const others = sentences.filter((sentence) => sentence !== unaskedPostgres)
    return [...others, ...describeDurability(durability)]
  } catch {
    return sentences
  } finally {
    await pool.end()
  }
}
