import type { AttemptOutcome } from '../../../ledger/tasks/task.ts'

/** A handler that is part of the worker and runs in it. @param params JSON text */
export type NativeHandler = (params: string) => AttemptOutcome
