/** Windows of scheduled pipelines. All times are milliseconds since the Unix epoch. */

/** A span of time: `from` is part of it, `to` is not. */
export type Window = { readonly fromMs: number; readonly toMs: number }

/** A run of a scheduled pipeline. */
export type WindowRun = {
  /** `run:FROM/TO`, or `run:FROM/TO@AT` for a window that runs at several times. */
  readonly unit: string
  readonly window: Window
}

/** Runs that are due. */
export type DueRuns = {
  /** Oldest first. */
  readonly runs: readonly WindowRun[]
  /** Runs until this time are made or left out. */
  readonly madeUntilMs: number
  /** When the next run will be due. */
  readonly nextDueMs: number
}

/** Which rows may change a window that has been computed. */
export type LateRule = {
  /** Rows with an earlier time do. */
  readonly lateBeforeMs: number
  /** After this time the rule is too old, and all rows with a time in the past count as late. */
  readonly validUntilMs: number
}

/** The windows of a schedule. */
export interface WindowPlan {
  /** @param madeUntilMs `madeUntilMs` of the latest call, or the time of the first declaration */
  due(madeUntilMs: number, nowMs: number): DueRuns
  /** The beginning of the window of a time. Windows before the first declaration are not computed. */
  beginOf(atMs: number): number
  /** The windows that rows with a time in the span can change, and that end by `untilMs`. */
  touchedBy(span: Window, untilMs: number): Window[]
  /** Undefined if no rows matter. */
  lateRule(nowMs: number): LateRule | undefined
  /** A row is taken into account at least this long after it was stored. */
  readonly allowedLatenessMs: number
}

const iso = (ms: number): string => new Date(ms).toISOString()

export const unitOf = ({ fromMs, toMs }: Window): string => `run:${iso(fromMs)}/${iso(toMs)}`

/** Whether a schedule has made the task with this unit. */
export const isWindowUnit = (unit: string): boolean => unit.startsWith('run:')

/** The parameters of the task of a window, as JSON. */
export const windowParams = ({ fromMs, toMs }: Window): string =>
  JSON.stringify({ from: iso(fromMs), to: iso(toMs) })
