import type pg from 'pg'
import type { Log } from '../../runtime/log.ts'
import type { DecodedBatch } from '../../telemetry/ports.ts'
import { inTransaction } from './connection.ts'
import { toPostgresFault } from './errors.ts'
import { sqlStatement } from './sql-file.ts'

/** Somebody else has gone on with the partition. It ends the transaction: nothing of it stays. */
export class LedgerMoved extends Error {}

/** A partition's ledger row, and where it is expected to be. */
export type LedgerPlace = Pick<DecodedBatch, 'log' | 'partition' | 'expectedOffset'>

export type LedgerLockOptions = {
  readonly table: string
  readonly log: Log
  /** Age at which a transaction that holds a ledger row in our way is taken for frozen. */
  readonly staleAfterSeconds: number
}

const lockTimeout = '5s'

/**
 * The ledger row of a partition as a lock: whoever moves a ledger goes through here, so that one
 * who is frozen while he holds it can be found and ended.
 */
export class LedgerLock {
  readonly #pool: pg.Pool
  readonly #options: LedgerLockOptions
  readonly #lock: string
  readonly #endStaleHolders: string

  constructor(pool: pg.Pool, options: LedgerLockOptions) {
    this.#pool = pool
    this.#options = options
    this.#lock = sqlStatement('lock-ledger', options.table)
    this.#endStaleHolders = sqlStatement('end-stale-holders', options.table)
  }

  /**
   * Runs `work` in one transaction that holds the row. Where somebody else has held it for too
   * long it ends him, and rejects all the same: the next try finds the row free.
   *
   * @throws LedgerMoved where the ledger is not at the expected offset
   */
  async hold<T>(place: LedgerPlace, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.#pool, async (client) => {
        await this.#take(client, place)
        return work(client)
      })
    } catch (error) {
      if (toPostgresFault(error) === 'locked') await this.#free(place)
      throw error
    }
  }

  async #take(client: pg.PoolClient, place: LedgerPlace): Promise<void> {
    const { log, partition, expectedOffset } = place
    await client.query(
      `SET LOCAL lock_timeout = '${lockTimeout}';
       SET LOCAL application_name = '${holderName(place)}'`,
    )
    const { rows } = await client.query<{ next_offset: number }>(this.#lock, [log, partition])
    if (rows[0]?.next_offset !== expectedOffset) throw new LedgerMoved()
  }

  async #free(place: LedgerPlace): Promise<void> {
    const parameters = [holderName(place), this.#options.staleAfterSeconds]
    const { rowCount } = await this.#pool.query(this.#endStaleHolders, parameters)
    if (rowCount === null || rowCount === 0) return
    const { log, partition } = place
    this.#options.log.warn({ log, partition, sessions: rowCount }, 'stale-ledger-holder-ended')
  }
}

/** The name under which a transaction holds a partition's ledger row. */
const holderName = ({ log, partition }: LedgerPlace): string =>
  `av-telemetry ledger ${log}-${partition}`
