import { FileFault } from '../file-fault.ts'
import type { VehicleRule } from './readings-step.ts'

/** A vehicle's id as the ingress accepts it. */
export const vinPattern = /^[A-Za-z0-9-]{1,32}$/
const placeholder = '{vehicle}'

/**
 * The vehicle of all lines of a file; undefined if each line names its vehicle.
 *
 * @param name of the file, without its folder
 * @throws FileFault if the name has no vehicle
 */
export function vehicleOfFile(rule: VehicleRule, name: string): string | undefined {
  switch (rule.kind) {
    case 'fixed':
      return rule.vin
    case 'field':
      return undefined
    case 'file': {
      const vin = toPattern(rule.pattern).exec(name)?.[1]
      if (vin !== undefined) return vin
      throw new FileFault(
        `The name of the file has no vehicle: it does not match map.vehicle.file = ${JSON.stringify(rule.pattern)}. A vehicle has 1 to 32 letters, digits and hyphens.`,
      )
    }
    default:
      return rule satisfies never
  }
}

/** Whether a pattern has one place for the vehicle. */
export const isVehiclePattern = (pattern: string): boolean =>
  pattern.split(placeholder).length === 2

function toPattern(pattern: string): RegExp {
  const parts = pattern.split(/(\{vehicle\}|\*|\?)/).map((part) => {
    if (part === placeholder) return '([A-Za-z0-9-]{1,32})'
    if (part === '*') return '.*'
    return part === '?' ? '.' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 'u')
}
