import type { TouchedTable } from '../../adapters/postgres/windows/touch-triggers.ts'
import type { ScheduledPipeline } from '../../adapters/postgres/windows/schedule-store.ts'
import type { Schedule, TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { windowPlanOf } from '../../pipelines/schedule/window-plan.ts'
import type { ReadingsRules } from './window-work.ts'
import { vehicleHourStep } from './window-work.ts'

/** A schedule that a worker keeps, and how far it is with it. */
export type KeptSchedule = ScheduledPipeline & {
  /** Changes when the declaration does. */
  readonly identity: string
  /** The table whose late rows matter, as `SCHEMA.TABLE`. */
  readonly readsTable: string | undefined
  /** The table that needs triggers for it; undefined: none, or its writer records late rows itself. */
  readonly touched: TouchedTable | undefined
  isTouchInstalled: boolean
  isDeclared: boolean
  /** When it is looked at again, in milliseconds of the monotonic clock: others can be set back. */
  nextAtMs: number
  /** Why late rows are not watched. */
  fault: string | undefined
}

/** Undefined if the pipeline has no schedule. */
export function toKeptSchedule(
  { name: pipeline, source, step }: TaskDeclaration,
  { table, tripRules }: ReadingsRules,
): KeptSchedule | undefined {
  if (source.kind !== 'schedule') return undefined
  const { schedule, reads } = source
  const isVehicleHour = step.kind === 'run' && step.handler === vehicleHourStep
  const borderMs = isVehicleHour ? tripRules.borderMinutes * 60_000 : 0
  // The sink of the readings records late ones itself.
  const isOfReadings = isVehicleHour || reads?.table === table
  const touched =
    reads === undefined || isOfReadings
      ? undefined
      : { schema: 'data', table: reads.table, time: reads.time }
  return {
    ...{ pipeline, touched, isDeclared: false, nextAtMs: 0, fault: undefined },
    identity: JSON.stringify([source, step]),
    method: step.kind === 'run' ? step.handler : 'sql',
    plan: windowPlanOf(schedule, { borderMs }),
    readsTable: readsTableOf(schedule, isOfReadings ? { schema: 'public', table } : touched),
    isTouchInstalled: touched === undefined,
  }
}

/** A fixed window is computed again at each run, also without late rows. */
function readsTableOf(
  { window }: Schedule,
  read: { readonly schema: string; readonly table: string } | undefined,
): string | undefined {
  if (read === undefined || window.kind === 'fixed') return undefined
  return `${read.schema}.${read.table}`
}
