import type { DeviceFormat } from '../formats/format.ts'
import { deviceFormats } from '../formats/all-formats.ts'

export const devicesPath = '/devices/'

/** Where a device sends to: `/devices/FORMAT`, or `/devices/FORMAT/TOKEN`. */
export type DeviceTarget = {
  readonly format: DeviceFormat
  /** The tokens in the path and the query. */
  readonly tokens: readonly string[]
  /** Without the token. */
  readonly query: URLSearchParams
}

/** Undefined if no format has this path. */
export function parseDevicePath(url: string): DeviceTarget | undefined {
  if (!url.startsWith(devicesPath)) return undefined
  const begin = url.indexOf('?')
  const path = begin === -1 ? url : url.slice(0, begin)
  const [name = '', ...rest] = path.slice(devicesPath.length).split('/')
  const format = deviceFormats.find((each) => each.name === name)
  if (format === undefined) return undefined
  const query = new URLSearchParams(begin === -1 ? '' : url.slice(begin + 1))
  const tokens = [decoded(rest.join('/')), ...query.getAll('token')].filter((text) => text !== '')
  query.delete('token')
  return { format, tokens, query }
}

/** A text that cannot be decoded is returned unchanged. It is not a valid token. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
