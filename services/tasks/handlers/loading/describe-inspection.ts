import type { Inspection, InspectedHandler } from '../protocol.ts'
import type { PlacedHandler } from './combine-files.ts'

/** @returns a sentence with file and line if the file cannot be used */
export function faultOfInspection(path: string, inspection: Inspection): string | undefined {
  if (inspection.kind === 'threw') {
    const text = inspection.message.replace(/\.$/, '')
    return `${placeIn(path, inspection.stack)}: the import of the file has failed: ${text}.`
  }
  if (inspection.handlers.length > 0) return undefined
  return `${path}:1: the file exports no handler. Write: export const NAME = handler({ name, params, run }). Put files that handlers import into a folder below.`
}

export function placesOf(path: string, handlers: readonly InspectedHandler[]): PlacedHandler[] {
  return handlers.map(({ name, madeAt }) => ({ name, place: placeIn(path, madeAt) }))
}

/** The first place in a stack trace that is in the file, or else the file. */
function placeIn(path: string, stack: string): string {
  const from = stack.indexOf(`${path}:`)
  const line = from === -1 ? undefined : /^:(\d+)/.exec(stack.slice(from + path.length))?.[1]
  return line === undefined ? path : `${path}:${line}`
}
