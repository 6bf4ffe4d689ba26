/** Reads numbers and times from the bytes of JSON. What is unusual is not read: another decoder reads it. */

const [minus, point, zero] = [0x2d, 0x2e, 0x30]
const [colon, letterT, letterZ] = [0x3a, 0x54, 0x5a]
/** A double holds all whole numbers with so many digits. */
const maxDigits = 15
const maxFractionDigits = 12

/** The number that `readDecimal` has read: `± digits / 10 ** fractionDigits`, without zeros at its end. */
export const decimal = { isNegative: false, digits: 0, fractionDigits: 0 }

/**
 * Reads a JSON number without exponent into `decimal`.
 *
 * @param end exclusive
 * @returns false if it has more digits than a double holds, or is -0
 */
export function readDecimal(bytes: Uint8Array, begin: number, end: number): boolean {
  const isNegative = bytes[begin] === minus
  let digits = 0
  let pointAt = end
  for (let at = isNegative ? begin + 1 : begin; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte === point) pointAt = at
    else digits = digits * 10 + byte - zero
  }
  let fractionDigits = Math.max(0, end - pointAt - 1)
  if (end - begin > maxDigits || fractionDigits > maxFractionDigits) return false
  while (fractionDigits > 0 && digits % 10 === 0) {
    digits /= 10
    fractionDigits -= 1
  }
  decimal.isNegative = isNegative
  decimal.digits = digits
  decimal.fractionDigits = fractionDigits
  return digits > 0 || !isNegative
}

const [microsPerSecond, secondsPerDay] = [1_000_000, 86_400]
/** Microseconds since the Unix epoch of these years are whole numbers that a double holds. */
const [firstYear, lastYear] = [1700, 2200]
const dateLength = 10
/** `T12:00:00` */
const timeLength = 9
const microDigits = 6

/**
 * Reads a time like `2026-01-31T12:00:00.123Z`.
 *
 * @param end exclusive
 * @returns microseconds since the Unix epoch, with finer digits cut off; undefined for another form
 */
export function readTimestamp(bytes: Uint8Array, begin: number, end: number): number | undefined {
  const timeEnd = begin + dateLength + timeLength
  if (end <= timeEnd || bytes[end - 1] !== letterZ) return undefined
  const days = readDate(bytes, begin, begin + dateLength)
  const seconds = readTimeOfDay(bytes, begin + dateLength)
  const micros = readFraction(bytes, timeEnd, end - 1)
  if (days === undefined || seconds === -1 || micros === -1) return undefined
  return (days * secondsPerDay + seconds) * microsPerSecond + micros
}

/** Reads `T12:00:00` as seconds since midnight; -1 for another form. */
function readTimeOfDay(bytes: Uint8Array, begin: number): number {
  if (bytes[begin] !== letterT || bytes[begin + 3] !== colon || bytes[begin + 6] !== colon)
    return -1
  const hour = readTwoDigits(bytes, begin + 1)
  const minute = readTwoDigits(bytes, begin + 4)
  const second = readTwoDigits(bytes, begin + 7)
  if (hour > 23 || minute > 59 || second > 59) return -1
  return hour < 0 || minute < 0 || second < 0 ? -1 : (hour * 60 + minute) * 60 + second
}

/** Reads nothing, or `.123` with any number of digits, as microseconds; -1 for another form. */
function readFraction(bytes: Uint8Array, begin: number, end: number): number {
  if (begin === end) return 0
  if (bytes[begin] !== point || begin + 1 === end) return -1
  let micros = 0
  for (let at = begin + 1; at < end; at += 1) {
    const digit = (bytes[at] as number) - zero
    if (digit < 0 || digit > 9) return -1
    if (at <= begin + microDigits) micros = micros * 10 + digit
  }
  for (let digits = end - begin - 1; digits < microDigits; digits += 1) micros *= 10
  return micros
}

/**
 * Reads a date like `2026-01-31`.
 *
 * @param end exclusive
 * @returns days since the Unix epoch; undefined for another form, or if the calendar does not have the day
 */
export function readDate(bytes: Uint8Array, begin: number, end: number): number | undefined {
  const hasForm =
    end - begin === dateLength && bytes[begin + 4] === minus && bytes[begin + 7] === minus
  if (!hasForm) return undefined
  const [century, yearOfCentury] = [readTwoDigits(bytes, begin), readTwoDigits(bytes, begin + 2)]
  const [month, day] = [readTwoDigits(bytes, begin + 5), readTwoDigits(bytes, begin + 8)]
  const year = yearOfCentury < 0 ? -1 : century * 100 + yearOfCentury
  if (year < firstYear || year > lastYear || !hasDay(year, month, day)) return undefined
  return daysUntil(year, month) + day - 1
}

/** Two digits as a number; negative for other bytes. */
function readTwoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - zero
  const ones = (bytes[at + 1] as number) - zero
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

function hasDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

const millisPerDay = 86_400_000
let latestMonth = { year: 0, month: 0, days: 0 }

/** Days from the Unix epoch to the first day of a month. Most records are of the same month as the last one. */
function daysUntil(year: number, month: number): number {
  if (latestMonth.year !== year || latestMonth.month !== month)
    latestMonth = { year, month, days: Date.UTC(year, month - 1, 1) / millisPerDay }
  return latestMonth.days
}
