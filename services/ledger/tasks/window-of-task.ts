import { messageIdOf } from './messages.ts'
import type { ClaimedTask } from './task.ts'
import type { Window } from './window.ts'
import { isWindowUnit } from './window.ts'

/** The window in the parameters of a task; undefined if they are not two times in order. */
export function windowOfParams(params: string): Window | undefined {
  const { from, to } = parseObject(params)
  const [fromMs, toMs] = [from, to].map((text) =>
    typeof text === 'string' ? Date.parse(text) : Number.NaN,
  )
  if (fromMs === undefined || toMs === undefined || !(fromMs < toMs)) return undefined
  return { fromMs, toMs }
}

function parseObject(text: string): { readonly from?: unknown; readonly to?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch {
    return {}
  }
}

/** Which content of a table is newer: that of a later window, and of one window that of a later task. */
export type RefreshOrder = {
  /** The pipeline whose schedule has made the task. Content of different pipelines has no order. */
  readonly source: string
  readonly task: number
  /** The beginning of the window; undefined if no schedule has made the task, which then always comes last. */
  readonly windowFrom: Date | undefined
}

type OrderedTask = Pick<ClaimedTask, 'pipeline' | 'id' | 'unit' | 'params'>

/**
 * The header `id` of the message with the result of a task. If a schedule has made the task, it ends with the
 * beginning of the window, as in `report:17@2026-03-01T10:00:00.000Z`: messages can arrive in another order.
 */
export function resultIdOf(task: OrderedTask): string {
  const windowFrom = windowFromOf(task)
  return messageIdOf(task) + (windowFrom === undefined ? '' : `@${windowFrom.toISOString()}`)
}

/** The unit of a task that stores the result of a run of another pipeline. */
const resultOfRun = /^([^:]+):(\d{1,15})@(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/

export function refreshOrderOf(task: OrderedTask): RefreshOrder {
  const [, source, id, from] = resultOfRun.exec(task.unit) ?? []
  if (source !== undefined && !Number.isNaN(Date.parse(from ?? '')))
    return { source, task: Number(id), windowFrom: new Date(from ?? '') }
  return { source: task.pipeline, task: task.id, windowFrom: windowFromOf(task) }
}

function windowFromOf({ unit, params }: OrderedTask): Date | undefined {
  const window = isWindowUnit(unit) ? windowOfParams(params) : undefined
  return window && new Date(window.fromMs)
}
