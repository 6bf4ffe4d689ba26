import type { Micros, Millis } from '../ledger/time-units.ts'

export type { Micros, Millis }

export function toMicros(milliseconds: Millis): Micros {
  return milliseconds * 1000
}

/** Rounds down: the result is not later than `microseconds`. */
export function toMillis(microseconds: Micros): Millis {
  return Math.floor(microseconds / 1000)
}

/**
 * The first and the last time that can be stored: the years 0001 to 9999 in UTC. ISO 8601 writes them with
 * four digits, so that texts sort like times, and Postgres reads them.
 */
export const firstTime: Micros = -62_135_596_800_000_000
export const lastTime: Micros = 253_402_300_799_999_968

export function isStorableTime(microseconds: Micros): boolean {
  return microseconds >= firstTime && microseconds <= lastTime
}

/**
 * ISO 8601 / RFC 3339 date and time of day with an offset. Seconds are 00 to 59: Unix time has no
 * value for a leap second.
 */
const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)$/

const unixPattern = /^(\d{1,11})(?:\.(\d+))?$/

/**
 * Returns microseconds since the Unix epoch, with finer digits truncated; undefined if `text` is not
 * an ISO 8601 time with an offset, or the time cannot be stored.
 */
export function parseIsoMicroseconds(text: string): Micros | undefined {
  return parseCanonical(text) ?? parseGeneral(text)
}

/** Whether `text` is an ISO 8601 time with an offset whose year in UTC is not 0001 to 9999. */
export function isOutsideYears(text: string): boolean {
  const parts = parseParts(text)
  return parts !== undefined && !isStorableTime(toMicros(parts.milliseconds))
}

/** The form that `toIsoMicroseconds` writes, up to the seconds; each 0 is a digit. */
const canonicalForm = '0000-00-00T00:00:00'

/** Length of the text before the seconds, e.g. `2026-01-31T12:00:`. */
const minutePrefixLength = 17

/** Cache of the last minute: readings arrive in time order, so most are in the same minute as the one before. */
let lastParsedMinute: { readonly text: string; readonly microseconds: number } | undefined

/**
 * Fast path for the canonical form with any number of digits after the point; undefined for every other
 * text.
 */
function parseCanonical(text: string): number | undefined {
  const fraction = parseFraction(text)
  if (fraction === undefined || !isCanonical(text, minutePrefixLength)) return undefined
  if (lastParsedMinute === undefined || !text.startsWith(lastParsedMinute.text)) {
    const microseconds = parseCanonicalMinute(text)
    if (microseconds === undefined) return undefined
    lastParsedMinute = { text: text.slice(0, minutePrefixLength), microseconds }
  }
  const second = parseDigits(text, 17, 19)
  if (second > 59) return undefined
  return Math.min(lastParsedMinute.microseconds + second * 1_000_000 + fraction, lastTime)
}

/** The microseconds of the digits between the seconds and a final `Z`; undefined for another ending. */
function parseFraction(text: string): number | undefined {
  const begin = canonicalForm.length + 1
  const end = text.length - 1
  if (text.charCodeAt(end) !== letterZ) return undefined
  if (end === begin - 1) return 0
  if (text.charCodeAt(begin - 1) !== point || end === begin) return undefined
  let value = 0
  for (let index = begin; index < end; index += 1) {
    const digit = text.charCodeAt(index) - digitZero
    if (!(digit >= 0 && digit <= 9)) return undefined
    if (index < begin + 6) value = value * 10 + digit
  }
  for (let digits = end - begin; digits < 6; digits += 1) value *= 10
  return value
}

/** Returns the start of the minute, in microseconds, of a time in the canonical form. */
function parseCanonicalMinute(text: string): number | undefined {
  if (!isCanonical(text, 0, minutePrefixLength)) return undefined
  const [year, month, day] = [
    parseDigits(text, 0, 4),
    parseDigits(text, 5, 7),
    parseDigits(text, 8, 10),
  ]
  const [hour, minute] = [parseDigits(text, 11, 13), parseDigits(text, 14, 16)]
  if (year < 1000 || !isValidDate(year, month, day) || !isValidTimeOfDay(hour, minute, 0))
    return undefined
  return Date.UTC(year, month - 1, day, hour, minute) * 1000
}

/** Whether the characters from `begin` to `end` (exclusive) match the canonical form. */
function isCanonical(text: string, begin: number, end = canonicalForm.length): boolean {
  for (let index = begin; index < end; index += 1) {
    const code = text.charCodeAt(index)
    const expected = canonicalForm.charCodeAt(index)
    if (expected === digitZero ? code < digitZero || code > digitZero + 9 : code !== expected)
      return false
  }
  return true
}

const [point, digitZero, letterZ] = [0x2e, 0x30, 0x5a]

/** The number written by the digits from `begin` to `end` (exclusive). */
function parseDigits(text: string, begin: number, end: number): number {
  let value = 0
  for (let index = begin; index < end; index += 1)
    value = value * 10 + text.charCodeAt(index) - digitZero
  return value
}

function parseGeneral(text: string): number | undefined {
  const parts = parseParts(text)
  if (parts === undefined) return undefined
  const { milliseconds, fraction } = parts
  if (!isStorableTime(toMicros(milliseconds))) return undefined
  // A double rounds the microseconds of the last second up to the year 10000.
  return Math.min(toMicros(milliseconds) + truncateToMicroseconds(fraction), lastTime)
}

/** The time in whole seconds, as milliseconds since the Unix epoch, and the digits after the point. */
function parseParts(
  text: string,
): { readonly milliseconds: Millis; readonly fraction: string | undefined } | undefined {
  const match = isoPattern.exec(text)
  if (!match) return undefined
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(part) as SixNumbers
  const [offsetHours, offsetMinutes] = [part(10), part(11)]
  if (!isValidDate(year, month, day) || !isValidTimeOfDay(hour, minute, second)) return undefined
  if (!isValidTimeOfDay(offsetHours, offsetMinutes, 0)) return undefined
  const offset = (match[9] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes)
  const milliseconds = utcMilliseconds(year, month - 1, day, hour, minute, second) - offset * 60_000
  return { milliseconds, fraction: match[7] }
}

type SixNumbers = [number, number, number, number, number, number]

/** Like `Date.UTC`, which however maps the years 0 to 99 to 1900 to 1999. */
function utcMilliseconds(year: number, ...rest: [number, number, number, number, number]): number {
  return new Date(Date.UTC(2000, ...rest)).setUTCFullYear(year, rest[0], rest[1])
}

function isValidDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

function isValidTimeOfDay(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 59
}

function daysInMonth(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

/**
 * Converts Unix seconds to microseconds since the Unix epoch, with finer digits truncated; undefined
 * if the number is negative or has more than 11 digits before the point. Uses the number's shortest
 * decimal text, because multiplying 1722222222.123456 by a million gives …455.9.
 */
export function unixToMicroseconds(seconds: number): Micros | undefined {
  const match = unixPattern.exec(String(seconds))
  if (!match) return undefined
  return Number(match[1]) * 1_000_000 + truncateToMicroseconds(match[2])
}

function truncateToMicroseconds(fraction = ''): number {
  return Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** Returns e.g. `2026-01-31T12:00:00.250000Z`: always UTC with six digits, so that texts sort like times. */
export function toIsoMicroseconds(microseconds: Micros): string {
  let seconds = Math.floor(microseconds / 1_000_000)
  let fraction = microseconds - seconds * 1_000_000
  // The quotient of a time far from 1970 can be rounded up.
  if (fraction < 0) {
    seconds -= 1
    fraction += 1_000_000
  }
  return `${toIsoSecond(seconds)}.${String(fraction).padStart(6, '0')}Z`
}

/**
 * Cache of minutes, each at the remainder of its number: the time of a reading and the time at which it
 * arrived can be in different minutes, and are formatted in turns.
 */
const formattedMinutes = Array.from({ length: 64 }, () => ({ number: NaN, text: '' }))

/** `2026-01-31T12:00:00` */
function toIsoSecond(seconds: number): string {
  const number = Math.floor(seconds / 60)
  const second = seconds - number * 60
  return second < 10 ? `${minutePrefix(number)}0${second}` : `${minutePrefix(number)}${second}`
}

/** `2026-01-31T12:00:` */
function minutePrefix(number: number): string {
  const at = Math.abs(number % formattedMinutes.length)
  const cached = formattedMinutes[at]
  if (cached?.number === number) return cached.text
  const iso = new Date(number * 60_000).toISOString()
  const text = iso.slice(0, iso.lastIndexOf(':') + 1)
  formattedMinutes[at] = { number, text }
  return text
}

/** Returns the UTC day of a time in microseconds, e.g. `2026-01-31`. */
export function toUtcDay(microseconds: Micros): string {
  return new Date(toMillis(microseconds)).toISOString().slice(0, 10)
}
