import type { TargetTable } from '../../../ledger/tasks/target.ts'
import type { DeclaredColumn } from '../declaration.ts'
import type { TaskDeclaration } from '../task-declaration.ts'

/** What a changed declaration of tasks must keep, because tasks, rows and ledgers depend on it. */
type Kept = { readonly what: string; readonly of: (declaration: TaskDeclaration) => string }

const tableOf = ({ to }: TaskDeclaration) => (to.kind === 'table' ? to.table : undefined)

const keptValues: readonly Kept[] = [
  { what: 'from', of: ({ source }) => source.kind },
  {
    what: 'from.topic',
    of: ({ source }) => (source.kind === 'topic' ? source.name : 'not set'),
  },
  { what: 'to', of: ({ to }) => (to.kind === 'none' ? 'not set' : to.kind) },
  { what: 'to.table.name', of: (declaration) => tableOf(declaration)?.name ?? 'not set' },
  {
    what: 'to.table.key',
    of: (declaration) => tableOf(declaration)?.key.join(', ') || 'not set',
  },
]

/** E.g. `numeric(12,3)`. */
export const typeTextOf = ({ type, precision, scale }: DeclaredColumn): string =>
  precision === undefined ? type : `${type}(${precision},${scale ?? 0})`

/** The table of a pipeline that loads files has the declared columns. */
function faultsOfColumns(present: TaskDeclaration, next: TaskDeclaration): string[] {
  if (present.step.kind !== 'map' || next.step.kind !== 'map') return []
  const [rule, nextRule] = [present, next].map((each) => ruleOf(tableOf(each)))
  const ofRule =
    rule === nextRule
      ? []
      : [`to.table.on_conflict cannot change from "${rule ?? ''}" to "${nextRule ?? ''}".`]
  const nextColumns = new Map(next.step.columns.map((column) => [column.name, column]))
  const ofColumns = present.step.columns.flatMap((column) => {
    const changed = nextColumns.get(column.name)
    if (changed === undefined) return [`The column "${column.name}" cannot be removed.`]
    if (typeTextOf(changed) === typeTextOf(column)) return []
    return [
      `The type of the column "${column.name}" cannot change from ${typeTextOf(column)} to ${typeTextOf(changed)}.`,
    ]
  })
  return [...ofRule, ...ofColumns]
}

const ruleOf = (table: TargetTable | undefined): string => {
  if (table === undefined) return 'not set'
  const { onConflict } = table
  return onConflict.kind === 'newest' ? `newest:${onConflict.column}` : onConflict.kind
}

/** Why the new declaration cannot replace the present one: a sentence for each reason. */
export function faultsOfTaskChange(present: TaskDeclaration, next: TaskDeclaration): string[] {
  const ofValues = keptValues
    .filter(({ of }) => of(present) !== of(next))
    .filter(
      ({ what }, index, changed) => index === 0 || !what.startsWith(`${changed[0]?.what ?? ''}.`),
    )
    .map(({ what, of }) => `${what} cannot change from "${of(present)}" to "${of(next)}".`)
  return [...ofValues, ...faultsOfColumns(present, next)]
}
