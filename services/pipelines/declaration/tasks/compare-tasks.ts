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

/** Why the new declaration cannot replace the present one: a sentence for each reason. */
export function faultsOfTaskChange(present: TaskDeclaration, next: TaskDeclaration): string[] {
  return keptValues
    .filter(({ of }) => of(present) !== of(next))
    .filter(
      ({ what }, index, changed) => index === 0 || !what.startsWith(`${changed[0]?.what ?? ''}.`),
    )
    .map(({ what, of }) => `${what} cannot change from "${of(present)}" to "${of(next)}".`)
}
