import type pg from 'pg'
import type { Device } from '../../../telemetry/devices/device.ts'
import { sqlStatement } from '../sql-file.ts'

/** Of the row in `device_registry`. */
export type StoredRegistry = {
  readonly registryId: string
  /** The topic that provisioning has filled; undefined before the first one. */
  readonly topicId: string | undefined
  readonly acceptsUnknown: boolean
}

type RegistryRow = {
  readonly registry_id: string
  readonly topic_id: string | null
  readonly accepts_unknown: boolean
}

/** The copy of the topic of devices in Postgres. */
export class PostgresDeviceStore {
  readonly #pool: pg.Pool | pg.PoolClient

  constructor(pool: pg.Pool | pg.PoolClient) {
    this.#pool = pool
  }

  /** Stores devices, each vin once. A row with the same or a later revision stays. */
  async store(devices: readonly Device[]): Promise<void> {
    await this.#pool.query(sqlStatement('upsert-devices'), [JSON.stringify(devices)])
  }

  /** The devices after a vin, with the removed ones, sorted by vin. */
  async list(afterVin: string, limit: number): Promise<Device[]> {
    const { rows } = await this.#pool.query<Device>(sqlStatement('list-devices'), [afterVin, limit])
    return rows
  }

  async registry(): Promise<StoredRegistry> {
    const { rows } = await this.#pool.query<RegistryRow>(
      'SELECT registry_id, topic_id, accepts_unknown FROM device_registry',
    )
    const [row] = rows
    if (row === undefined) throw new Error('The table device_registry has no row.')
    return {
      registryId: row.registry_id,
      topicId: row.topic_id ?? undefined,
      acceptsUnknown: row.accepts_unknown,
    }
  }

  async setRegistry({ registryId, topicId, acceptsUnknown }: StoredRegistry): Promise<void> {
    await this.#pool.query(
      'UPDATE device_registry SET registry_id = $1, topic_id = $2, accepts_unknown = $3',
      [registryId, topicId ?? null, acceptsUnknown],
    )
  }
}
