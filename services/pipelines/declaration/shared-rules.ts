import type { ValuePath } from './toml.ts'

/** Rules that hold for declarations of several kinds. */

/** A fault and the path of the value that has it. */
export type RuleFault = { readonly path: ValuePath; readonly message: string }

export function faultsOfName(name: string): RuleFault[] {
  if (name !== 'readings') return []
  const message = 'name: "readings" is the pipeline of the vehicles; choose another name.'
  return [{ path: ['name'], message }]
}

export function faultsOfRetry({
  first,
  longest,
}: {
  readonly first: number
  readonly longest?: number | undefined
}): RuleFault[] {
  if (longest === undefined || longest >= first) return []
  const message = 'retry.longest: it is the longest pause, so it cannot be below retry.first.'
  return [{ path: ['retry', 'longest'], message }]
}

export function faultsOfTableName(name: string): RuleFault[] {
  if (!name.startsWith('pg_')) return []
  const message =
    'to.table.name: names that begin with "pg_" belong to Postgres; choose another name.'
  return [{ path: ['to', 'table', 'name'], message }]
}

/** Postgres has these columns in every table. */
export const systemColumns: ReadonlySet<string> = new Set([
  ...['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'],
])

export function faultsOfStart(topic: {
  readonly start: string
  readonly group?: string | undefined
}): RuleFault[] {
  if (topic.start !== 'committed' || topic.group !== undefined) return []
  const message =
    'from.topic.start: "committed" continues where the consumer group of another application stopped; declare "group".'
  return [{ path: ['from', 'topic', 'start'], message }]
}
