/**
 * ISO 8601 / RFC 3339 date and time of day with an offset. Seconds 00-59: a leap second has no
 * Unix time of its own.
 */
const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)$/

const unixPattern = /^(\d{1,11})(?:\.(\d+))?$/

/**
 * Microseconds since the Unix epoch, finer digits cut, or undefined where `text` is not an
 * ISO 8601 time with an offset.
 */
export function parseIsoMicroseconds(text: string): number | undefined {
  const match = isoPattern.exec(text)
  if (!match) return undefined
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(part) as SixNumbers
  const [offsetHours, offsetMinutes] = [part(10), part(11)]
  if (!isDay(year, month, day) || !isTimeOfDay(hour, minute, second)) return undefined
  if (!isTimeOfDay(offsetHours, offsetMinutes, 0)) return undefined
  const offset = (match[9] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes)
  const milliseconds = utc(year, month - 1, day, hour, minute, second) - offset * 60_000
  return milliseconds * 1000 + cutToMicroseconds(match[7])
}

type SixNumbers = [number, number, number, number, number, number]

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999; this does not. */
function utc(year: number, ...rest: [number, number, number, number, number]): number {
  return new Date(Date.UTC(2000, ...rest)).setUTCFullYear(year, rest[0], rest[1])
}

function isDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

function isTimeOfDay(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 59
}

function daysIn(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

/**
 * Microseconds since the Unix epoch of Unix seconds, finer digits cut, or undefined where it is
 * negative or absurdly large. Goes through the number's shortest decimal text, because
 * multiplying 1722222222.123456 by a million gives …455.9.
 */
export function unixToMicroseconds(seconds: number): number | undefined {
  const match = unixPattern.exec(String(seconds))
  if (!match) return undefined
  return Number(match[1]) * 1_000_000 + cutToMicroseconds(match[2])
}

function cutToMicroseconds(fraction = ''): number {
  return Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** `2026-01-31T12:00:00.250000Z`: always UTC, always six digits, so that texts sort like times. */
export function toIsoMicroseconds(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000)
  const rest = microseconds - milliseconds * 1000
  const text = new Date(milliseconds).toISOString()
  return `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** The UTC day of a time in microseconds, as `2026-01-31`. */
export function toUtcDay(microseconds: number): string {
  return new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 10)
}
