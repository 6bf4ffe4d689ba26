import { UserError } from '../../../infra/checks/user-error.ts'
import type { Workload } from '../../workload/workload.ts'
import type { Fault } from './fault.ts'
import { mixed } from './mixed.ts'
import { processFaults } from './processes.ts'
import { environmentFaults } from './environment.ts'

/** What cannot be short: the others together, and cut short, fit into five minutes. */
const longFaults = ['consumer-pause', 'producer-pause', 'broker-pause', 'mixed']

/** The faults of the platform and those of a workload, in the order of the table. */
export function allFaults(workload: Pick<Workload, 'faults'>): Fault[] {
  const alone = [...processFaults, ...environmentFaults, ...workload.faults]
  return [...alone, mixed(alone)]
}

/**
 * The faults that a person asked for.
 *
 * @param names names between commas, or `all`; undefined for those that are quick, or all
 * @throws UserError with the known names
 */
export function chosenFaults(
  names: string | undefined,
  isQuick: boolean,
  workload: Pick<Workload, 'faults'>,
): Fault[] {
  const known = allFaults(workload)
  if (names === undefined && isQuick) return known.filter(({ name }) => !longFaults.includes(name))
  if (names === undefined || names === 'all') return known
  const requested = names.split(',').map((name) => name.trim())
  const unknown = requested.filter((name) => known.every((fault) => fault.name !== name))
  if (unknown.length > 0) {
    const list = known.map(({ name }) => name).join(', ')
    throw new UserError(`There is no fault ${unknown.join(', ')}; known: all, ${list}.`)
  }
  return known.filter(({ name }) => requested.includes(name))
}
