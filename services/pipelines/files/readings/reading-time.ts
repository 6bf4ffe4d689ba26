/** The powers of ten by which numbers are seconds, milliseconds, microseconds or nanoseconds since the Unix epoch. */
const largest = { seconds: 100_000_000_000n, millis: 100_000_000_000_000n, micros: 10n ** 17n }
const numberPattern = /^(\d+)(?:\.(\d+))?$/
const isoPattern =
  /^(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/i
/** The "Device Time" of Torque. */
const monthNamePattern = /^(\d{1,2})-([A-Z][a-z]{2})-(\d{4}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/
/** The "GPS Time" of Torque, as Java's `Date` writes it. */
const javaPattern =
  /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}:\d{2}:\d{2}) (?:GMT|UTC)?([+-]\d{2}:\d{2})? ?(\d{4})$/
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Why a time cannot be read. Continues "The time …". */
export class TimeFault {
  readonly detail: string
  constructor(detail: string) {
    this.detail = detail
  }
}

/**
 * The time of a reading as the ingress accepts it: in ISO 8601 with an offset.
 *
 * @param offset of times without one; undefined: they are refused
 */
export function toReadingTime(text: string, offset: string | undefined): string | TimeFault {
  const number = numberPattern.exec(text)
  if (number !== null) return toIsoOfNumber(number[1] ?? '', number[2] ?? '')
  const parts = isoParts(text) ?? monthNameParts(text) ?? javaParts(text)
  if (parts === undefined)
    return new TimeFault(
      `is ${JSON.stringify(text.slice(0, 80))}; expected ISO 8601 with an offset, e.g. "2026-01-31T12:00:00Z", or Unix time.`,
    )
  const { day, time, zone = offset } = parts
  if (zone === undefined)
    return new TimeFault(
      `is ${JSON.stringify(text)}, without an offset; declare map.time_offset, e.g. "Z" or "+01:00".`,
    )
  return `${day}T${time.replace(',', '.')}${zone}`
}

type Parts = { readonly day: string; readonly time: string; readonly zone: string | undefined }

function isoParts(text: string): Parts | undefined {
  const found = isoPattern.exec(text)
  if (found === null) return undefined
  const [, year = '', month = '', day = '', minutes = '', seconds = ':00', zone] = found
  return { day: `${year}-${month}-${day}`, time: minutes + seconds, zone: toZone(zone) }
}

function toZone(zone: string | undefined): string | undefined {
  if (zone === undefined) return undefined
  if (/^[a-z]/i.test(zone)) return 'Z'
  return `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
}

function monthNameParts(text: string): Parts | undefined {
  const [, day, month, year, time] = monthNamePattern.exec(text) ?? []
  return toParts({ year, month, day, time, zone: undefined })
}

function javaParts(text: string): Parts | undefined {
  const [, month, day, time, zone = 'Z', year] = javaPattern.exec(text) ?? []
  return toParts({ year, month, day, time, zone })
}

function toParts(given: {
  readonly year: string | undefined
  readonly month: string | undefined
  readonly day: string | undefined
  readonly time: string | undefined
  readonly zone: string | undefined
}): Parts | undefined {
  const { year = '', month = '', day = '', time, zone } = given
  const number = months.indexOf(month) + 1
  if (time === undefined || number === 0) return undefined
  return { day: `${year}-${pad(String(number))}-${pad(day)}`, time, zone }
}

const pad = (text: string): string => text.padStart(2, '0')

function toIsoOfNumber(whole: string, fraction: string): string | TimeFault {
  const number = BigInt(whole)
  const micros = microsOf(number, fraction)
  const seconds = micros / 1_000_000n
  const date = new Date(Number(seconds) * 1_000)
  if (Number.isNaN(date.getTime())) return new TimeFault(`is ${whole}, which is no Unix time.`)
  const rest = String(micros % 1_000_000n).padStart(6, '0')
  return date.toISOString().replace('.000Z', `.${rest}Z`)
}

function microsOf(number: bigint, fraction: string): bigint {
  const digits = (count: number): bigint => BigInt(fraction.slice(0, count).padEnd(count, '0'))
  if (number < largest.seconds) return number * 1_000_000n + digits(6)
  if (number < largest.millis) return number * 1_000n + digits(3)
  return number < largest.micros ? number : number / 1_000n
}
