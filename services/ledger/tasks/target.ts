import type { ConflictRule } from '../table-schema.ts'

/** Where the rows of a task go. */
export type TaskTarget =
  /** The task has no rows. */
  | { readonly kind: 'none' }
  /** Each part of the result names its table. @param mayCreate whether missing tables are created */
  | { readonly kind: 'tables'; readonly mayCreate: boolean }
  | { readonly kind: 'table'; readonly table: TargetTable }
  /** The parts of the result become one message: `[{ "table", "refresh", "data": [ROW] }]`. */
  | { readonly kind: 'topic'; readonly topic: string }
  /** The rows of each task become one object of the bucket, in the folder. See `task-output.ts`. */
  | { readonly kind: 'objects'; readonly folder: string }

/** A table in the schema `data`. It is created from the first rows if it does not exist. */
export type TargetTable = {
  readonly name: string
  /** The columns of the primary key; none: rows are added. */
  readonly key: readonly string[]
  /** For a table with a key; `keep` and `update` only. */
  readonly onConflict: ConflictRule
}

/** How often a task is tried, and how long it waits between two attempts. */
export type RetryRule = {
  readonly attempts: number
  readonly firstMs: number
  readonly longestMs: number
}

/** Milliseconds until the next attempt: doubled with each attempt, at most `longestMs`. */
export function retryDelayMs({ firstMs, longestMs }: RetryRule, failedAttempts: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failedAttempts - 1, 30))
}
