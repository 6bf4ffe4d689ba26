import { groupedPartitionsOf } from '../grouped-topic.ts'
import type { Declaration, DeclaredColumn } from './declaration.ts'
import type { PipelineDeclaration } from './task-declaration.ts'
import { isTaskDeclaration } from './task-declaration.ts'
import { faultsOfTaskChange } from './tasks/compare-tasks.ts'

/** What a changed declaration of a pipeline must keep, because rows and ledgers depend on it. */

type Kept = { readonly what: string; readonly of: (declaration: Declaration) => string }

const typeOf = ({ type, precision, scale }: DeclaredColumn): string =>
  precision === undefined ? type : `${type}(${precision},${scale ?? 0})`

const keptValues: readonly Kept[] = [
  { what: 'from.topic', of: ({ topic }) => topic.name },
  { what: 'from.topic.group_by', of: ({ topic }) => topic.groupBy ?? 'not set' },
  { what: 'from.topic.partitions', of: ({ topic }) => String(groupedPartitionsOf(topic)) },
  { what: 'to.table.name', of: ({ table }) => table.name },
  { what: 'to.table.key', of: ({ table }) => table.key.join(', ') || 'not set' },
  {
    what: 'to.table.on_conflict',
    of: ({ table: { onConflict } }) =>
      onConflict.kind === 'newest' ? `newest:${onConflict.column}` : onConflict.kind,
  },
]

/**
 * Returns why the new declaration of a pipeline cannot replace the present one: a sentence for each
 * reason. New columns, and other changes of the map, are possible.
 */
export function faultsOfChange(present: PipelineDeclaration, next: PipelineDeclaration): string[] {
  const faults = faultsOfKinds(present, next)
  if (faults.length === 0) return []
  const effect = isTaskDeclaration(present)
    ? 'deletes its tasks and its table'
    : 'deletes its rows and reads the topic again'
  const advice = `Undo the change, give the pipeline another name, or run: npm run pipeline -- reset ${present.name}`
  return [...faults, `${advice} (${effect}).`]
}

function faultsOfKinds(present: PipelineDeclaration, next: PipelineDeclaration): string[] {
  if (isTaskDeclaration(present))
    return isTaskDeclaration(next) ? faultsOfTaskChange(present, next) : [otherStep]
  return isTaskDeclaration(next) ? [otherStep] : faultsOfStreamChange(present, next)
}

const otherStep = 'The step cannot change between "map" and "run" or "sql".'

function faultsOfStreamChange(present: Declaration, next: Declaration): string[] {
  const ofValues = keptValues.flatMap(({ what, of }) =>
    of(present) === of(next)
      ? []
      : [`${what} cannot change from "${of(present)}" to "${of(next)}".`],
  )
  const nextColumns = new Map(next.columns.map((column) => [column.name, column]))
  const ofColumns = present.columns.flatMap((column) => {
    const { name } = column
    const changed = nextColumns.get(name)
    if (changed === undefined) return [`The column "${name}" cannot be removed.`]
    if (typeOf(changed) === typeOf(column)) return []
    return [
      `The type of the column "${name}" cannot change from ${typeOf(column)} to ${typeOf(changed)}.`,
    ]
  })
  return [...ofValues, ...ofColumns]
}
