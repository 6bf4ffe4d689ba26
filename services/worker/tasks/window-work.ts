import type { Transaction } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { computeVehicleHours } from '../../adapters/postgres/readings/hours-store.ts'
import type { StepOutcome } from '../../adapters/postgres/windows/window-step.ts'
import { runSqlStep } from '../../adapters/postgres/windows/window-step.ts'
import type { Window } from '../../ledger/tasks/window.ts'
import type { TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { hourOf } from '../../telemetry/vehicle-hours/hours.ts'
import type { TripRules } from '../../telemetry/trips/trip-rules.ts'

/** The step of the worker that computes the table `vehicle_hour`. */
export const vehicleHourStep = 'vehicle_hour'

export type ReadingsRules = {
  /** The table of readings. */
  readonly table: string
  readonly tripRules: TripRules
}

/** Computes the effects for a window in the transaction of the client. */
export type WindowWork = (client: Transaction, window: Window) => Promise<StepOutcome>

/** The work of a step that the database does; undefined if a handler does it. */
export function windowWorkOf(
  { step, to }: Pick<TaskDeclaration, 'step' | 'to'>,
  readings: ReadingsRules,
): WindowWork | undefined {
  if (step.kind === 'sql') {
    const target = to.kind === 'table' ? to.table : undefined
    return (client, { fromMs, toMs }) =>
      runSqlStep(client, {
        ...{ text: step.text, target },
        ...{ from: new Date(fromMs), to: new Date(toMs) },
      })
  }
  if (step.kind !== 'run' || step.handler !== vehicleHourStep) return undefined
  return (client, window) => computeHours(client, window, readings)
}

async function computeHours(
  client: Transaction,
  { fromMs, toMs }: Window,
  { table, tripRules }: ReadingsRules,
): Promise<StepOutcome> {
  const [from, to] = [fromMs * 1_000, toMs * 1_000]
  if (hourOf(from) !== from || hourOf(to) !== to) {
    const message = 'The window must begin and end with an hour (UTC).'
    return { kind: 'refused', message }
  }
  const { rows } = await computeVehicleHours({ client, table, rules: tripRules, from, to })
  return { kind: 'written', rows }
}
