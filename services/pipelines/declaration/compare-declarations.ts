import { groupedPartitionsOf } from '../grouped-topic.ts'
import type { Declaration } from './declaration.ts'
import type { PipelineDeclaration, TaskDeclaration } from './task-declaration.ts'
import { isTaskDeclaration } from './task-declaration.ts'
import { faultsOfTaskChange, typeTextOf } from './tasks/compare-tasks.ts'

/** What a changed declaration of a pipeline must keep, because rows and ledgers depend on it. */

type Kept = { readonly what: string; readonly of: (declaration: Declaration) => string }

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
    return isTaskDeclaration(next) ? faultsOfTaskChange(present, next) : [otherKind(present)]
  return isTaskDeclaration(next) ? [otherKind(next)] : faultsOfStreamChange(present, next)
}

const otherKind = ({ source }: TaskDeclaration): string =>
  source.kind === 'files' ? otherSource : otherStep

const otherSource = 'The source cannot change between from.topic and from.files.'

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
    if (typeTextOf(changed) === typeTextOf(column)) return []
    return [
      `The type of the column "${name}" cannot change from ${typeTextOf(column)} to ${typeTextOf(changed)}.`,
    ]
  })
  return [...ofValues, ...ofColumns]
}
