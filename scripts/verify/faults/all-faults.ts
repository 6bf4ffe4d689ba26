import { UserError } from '../../../infra/checks/user-error.ts'
import type { UnitPath, Workload } from '../../workload/workload.ts'
import type { Fault } from './fault.ts'
import { mixed } from './mixed.ts'
import { processFaults } from './processes.ts'
import { environmentFaults } from './environment.ts'

/** Faults that --quick leaves out. The others, shortened, take five minutes together. */
const longFaults = ['consumer-pause', 'worker-pause', 'producer-pause', 'broker-pause', 'mixed']

/** What the faults of a workload depend on. */
type FaultyWorkload = UnitPath & Pick<Workload, 'faults'>

/** The faults of the platform and of a workload, in the order of the result table. */
export function allFaults(workload: FaultyWorkload): Fault[] {
  const alone = [...processFaults(workload), ...environmentFaults(workload), ...workload.faults]
  return [...alone, mixed(alone)]
}

/**
 * Selects faults by name.
 *
 * @param names names separated by commas, or `all`; undefined selects all, or the short ones if
 *   `isQuick`
 * @throws UserError with the known names if a name is unknown
 */
export function chosenFaults(
  names: string | undefined,
  isQuick: boolean,
  workload: FaultyWorkload,
): Fault[] {
  const known = allFaults(workload)
  if (names === undefined && isQuick) return known.filter(({ name }) => !longFaults.includes(name))
  if (names === undefined || names === 'all') return known
  const requested = names.split(',').map((name) => name.trim())
  const unknown = requested.filter((name) => known.every((fault) => fault.name !== name))
  if (unknown.length > 0) {
    const list = known.map(({ name }) => name).join(', ')
    throw new UserError(`Unknown fault: ${unknown.join(', ')}. Known faults: all, ${list}.`)
  }
  return known.filter(({ name }) => requested.includes(name))
}
