import { MachineError } from '../../../infra/machine-error.ts'
import { clientFaults } from './clients.ts'
import type { Fault } from './fault.ts'
import { mixed } from './mixed.ts'
import { processFaults } from './processes.ts'
import { poison } from './records.ts'
import { surroundingFaults } from './surroundings.ts'

/** Every fault, in the order of the table. */
export function allFaults(): Fault[] {
  const alone = [...processFaults, ...surroundingFaults, poison(), ...clientFaults]
  return [...alone, mixed(alone)]
}

/**
 * The faults that a person asked for.
 *
 * @param names names between commas, or `all`
 * @throws MachineError with the known names
 */
export function chosenFaults(names: string): Fault[] {
  const known = allFaults()
  if (names === 'all') return known
  const wanted = names.split(',').map((name) => name.trim())
  const unknown = wanted.filter((name) => known.every((fault) => fault.name !== name))
  if (unknown.length > 0) {
    const list = known.map(({ name }) => name).join(', ')
    throw new MachineError(`There is no fault ${unknown.join(', ')}; known: all, ${list}.`)
  }
  return known.filter(({ name }) => wanted.includes(name))
}

/** Leaves out what cannot be short. */
const tooLong = ['consumer-pause', 'producer-pause', 'broker-pause', 'mixed']

/** Those that together, and cut short, fit into four minutes. */
export function quickFaults(): Fault[] {
  return allFaults().filter(({ name }) => !tooLong.includes(name))
}
