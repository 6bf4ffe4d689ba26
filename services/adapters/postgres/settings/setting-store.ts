import type pg from 'pg'
import { inTransaction } from '../driver/connection.ts'
import { sqlStatement } from '../sql-file.ts'

/** The name of a setting. */
export type SettingName = { readonly pipeline: string; readonly key: string }

/** A row of the table `setting`. */
export type StoredSetting = SettingName & { readonly value: string }

/** A row of the history. A value that is undefined means that there was no row. */
export type SettingChange = SettingName & {
  readonly oldValue: string | undefined
  readonly newValue: string | undefined
  readonly changedAt: Date
  readonly changedBy: string
}

type ChangeRow = SettingName & {
  readonly old_value: string | null
  readonly new_value: string | null
  readonly changed_at: Date
  readonly changed_by: string
}

/** The channel that a change of the table `setting` notifies. */
export const settingChannel = 'setting_changed'

/** A pipeline, key or value that the database has refused. The message is a sentence. */
export class RefusedSettingError extends Error {}

const invalidParameterValue = '22023'

/** Reads and writes the settings that apply at run time. */
export class PostgresSettingStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** All settings that are set. */
  async list(): Promise<StoredSetting[]> {
    const { rows } = await this.#pool.query<StoredSetting>(sqlStatement('list-settings'))
    return rows
  }

  /**
   * @param changedBy the user, for the history
   * @throws RefusedSettingError
   */
  async set({ pipeline, key, value }: StoredSetting, changedBy: string): Promise<void> {
    try {
      await this.#change('set-setting', [pipeline, key, value], changedBy)
    } catch (error) {
      if ((error as { code?: unknown }).code !== invalidParameterValue) throw error
      throw new RefusedSettingError((error as Error).message)
    }
  }

  /**
   * @param changedBy the user, for the history
   * @returns false if it was not set
   */
  async unset({ pipeline, key }: SettingName, changedBy: string): Promise<boolean> {
    return (await this.#change('unset-setting', [pipeline, key], changedBy)) > 0
  }

  async #change(statement: string, values: readonly string[], changedBy: string): Promise<number> {
    return inTransaction(this.#pool, async (client) => {
      await client.query(`SELECT set_config('av_telemetry.changed_by', $1, true)`, [changedBy])
      const { rowCount } = await client.query(sqlStatement(statement), [...values])
      return rowCount ?? 0
    })
  }

  /** Why there is no such setting; undefined if there is. */
  async faultOf({ pipeline, key }: SettingName): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ fault: string | null }>(
      'SELECT setting_fault($1, $2) AS fault',
      [pipeline, key],
    )
    return rows[0]?.fault ?? undefined
  }

  /** The latest changes, the newest first. @param name only of this setting */
  async changes(limit: number, name?: SettingName): Promise<SettingChange[]> {
    const values = [name?.pipeline ?? null, name?.key ?? null, limit]
    const { rows } = await this.#pool.query<ChangeRow>(sqlStatement('list-setting-changes'), values)
    return rows.map((row) => ({
      ...{ pipeline: row.pipeline, key: row.key },
      oldValue: row.old_value ?? undefined,
      newValue: row.new_value ?? undefined,
      changedAt: row.changed_at,
      changedBy: row.changed_by,
    }))
  }
}
