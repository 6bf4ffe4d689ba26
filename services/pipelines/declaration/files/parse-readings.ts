import type { VehicleRule } from '../../files/readings/readings-step.ts'
import { faultsOfSchema } from '../schema-faults.ts'
import type { ReadingsDeclaration } from '../task-declaration.ts'
import type { Fault, TomlDocument } from '../toml.ts'
import { byPosition } from '../toml.ts'
import { faultsOfFolders } from './file-rules.ts'
import { toFileSource } from './parse-files.ts'
import type { ReadingsFile } from './readings-schema.ts'
import { faultsOfReadings, readingsSchema } from './readings-schema.ts'

type ParsedReadings =
  | { readonly ok: true; readonly declaration: ReadingsDeclaration }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** The declaration of a TOML file with `from.files` and `to = "readings"`. */
export function parseReadings(document: TomlDocument): ParsedReadings {
  const parsed = readingsSchema.safeParse(document.value)
  if (!parsed.success) {
    const faults = faultsOfSchema(parsed.error, { document, schema: readingsSchema })
    return { ok: false, faults: faults.sort(byPosition) }
  }
  const faults = [...faultsOfFolders(parsed.data.from.files), ...faultsOfReadings(parsed.data)].map(
    ({ path, message }) => ({
      ...document.valueAt(path),
      message,
    }),
  )
  if (faults.length > 0) return { ok: false, faults: faults.sort(byPosition) }
  return { ok: true, declaration: toDeclaration(parsed.data) }
}

const defaultLongestMs = 60_000
const defaultRejectLimit = 10_000

function toDeclaration(file: ReadingsFile): ReadingsDeclaration {
  const { name, enabled, concurrency, timeout: timeoutMs, retry, progress, from, map } = file
  const { attempts, first, longest } = retry
  const { format, encoding, delimiter, vehicle, fields, time_offset: offset } = map
  return {
    ...{ kind: 'task', name, isEnabled: enabled, concurrency, timeoutMs, errors: undefined },
    ...(progress !== undefined && { progress }),
    source: toFileSource(from.files),
    step: {
      ...{ kind: 'readings', format, delimiter, vehicle: toVehicleRule(vehicle), fields, offset },
      ...(encoding !== undefined && { encoding }),
      rejectLimit: map.reject_limit ?? defaultRejectLimit,
    },
    retry: { attempts, firstMs: first, longestMs: longest ?? Math.max(first, defaultLongestMs) },
    to: { kind: 'none' },
  }
}

function toVehicleRule(vehicle: ReadingsFile['map']['vehicle']): VehicleRule {
  if (typeof vehicle === 'string') return { kind: 'fixed', vin: vehicle }
  if ('field' in vehicle) return { kind: 'field', from: vehicle.field }
  return { kind: 'file', pattern: vehicle.file }
}
