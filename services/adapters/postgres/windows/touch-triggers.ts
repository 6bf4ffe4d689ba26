import pg from 'pg'
import { sqlStatement } from '../sql-file.ts'

/** The table whose changed rows matter, and the column with their time. */
export type TouchedTable = {
  readonly schema: string
  readonly table: string
  readonly time: string
}

const transitionTables = {
  INSERT: 'NEW TABLE AS after',
  UPDATE: 'OLD TABLE AS before NEW TABLE AS after',
  DELETE: 'OLD TABLE AS before',
} as const

/**
 * Lets changes of a table record the minutes of late rows, for all schedules that read the table.
 * `TRUNCATE` records nothing, and neither do changes of a partition that name the partition.
 *
 * @returns what is wrong, as a sentence; undefined if the triggers are there
 */
export async function installTouch(
  client: pg.PoolClient,
  touched: TouchedTable,
): Promise<string | undefined> {
  const { schema, table, time } = touched
  const { rows } = await client.query<{ type: string | null }>(sqlStatement('time-column'), [
    ...[schema, table, time],
  ])
  const [row] = rows
  if (row === undefined)
    return `reads: there is no table "${table}" in the schema ${schema}. Create it, or correct its name.`
  if (row.type !== 'timestamp with time zone')
    return row.type === null
      ? `reads: the table "${table}" has no column "${time}".`
      : `reads: the column "${time}" of the table "${table}" has the type ${row.type}. Expected timestamptz.`
  await client.query(sqlStatement('lock-touch-triggers'))
  for (const [event, tables] of Object.entries(transitionTables)) {
    const trigger = triggerName(event, time)
    const placeholders = { ...{ event, trigger }, relation: relationOf(touched) }
    const column = pg.escapeLiteral(time)
    await client.query(
      sqlStatement('create-touch-trigger', {
        ...{ ...placeholders, column, 'transition-tables': tables },
      }),
    )
  }
  return undefined
}

type UnusedTrigger = { readonly schema: string; readonly table: string; readonly trigger: string }

/**
 * Removes the triggers that no declaration needs: of pipelines that were reset, or that read another
 * table now.
 *
 * @param client a connection in a transaction
 * @returns how many were removed
 */
export async function removeUnusedTouch(client: pg.PoolClient): Promise<number> {
  await client.query(sqlStatement('lock-touch-triggers'))
  const { rows } = await client.query<UnusedTrigger>(sqlStatement('unused-touch-triggers'))
  for (const unused of rows) {
    const trigger = pg.escapeIdentifier(unused.trigger)
    const relation = relationOf(unused)
    await client.query(sqlStatement('drop-touch-trigger', { trigger, relation }))
  }
  return rows.length
}

const triggerName = (event: string, time: string): string =>
  pg.escapeIdentifier(`touch_${event.toLowerCase()}_${time}`.slice(0, 63))

const relationOf = ({ schema, table }: Pick<TouchedTable, 'schema' | 'table'>): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`
