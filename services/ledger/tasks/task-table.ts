import type { Column, TableSchema } from '../table-schema.ts'
import type { NewTask } from './task.ts'

/**
 * The columns of the table `task` that a new task sets. A unit that has a task already is a duplicate,
 * whatever its message contains.
 */
export function taskTable(pipeline: string): TableSchema<NewTask> {
  const column = (name: string, valueOf: Column<NewTask>['valueOf']): Column<NewTask> => ({
    ...{ name, valueOf, type: 'text', comment: '', isCompared: false },
  })
  return {
    table: 'task',
    columns: [
      column('pipeline', () => pipeline),
      column('unit', ({ unit }) => unit),
      column('method', ({ method }) => method),
      column('params', ({ params }) => params),
      column('transaction_key', ({ transactionKey }) => transactionKey),
    ],
    key: ['pipeline', 'unit'],
    onConflict: { kind: 'keep' },
    conflictDetail: 'There is a task for this message already.',
  }
}
