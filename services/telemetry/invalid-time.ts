import { isOutsideYears, parseIsoMicroseconds, unixToMicroseconds } from './time.ts'

/** Date and time of day without an offset, with anything between the two. */
const dateAndTime = /^\d{4}-\d{2}-\d{2}(\s|[Tt])\d{2}:\d{2}:\d{2}(?:[.,]\d+)?/
const decimal = /^\d+(\.\d+)?$/

/**
 * Says what is wrong with a time that is neither ISO 8601 with an offset nor Unix seconds. The text
 * follows the time in a sentence.
 *
 * @param time a string, or a number of Unix seconds
 */
export function describeInvalidTime(time: string | number): string {
  if (typeof time === 'number') return describeNumber(time)
  if (decimal.test(time) && unixToMicroseconds(Number(time)) !== undefined)
    return 'is Unix seconds in a string; send them as a number'
  const [beginning, separator = ''] = dateAndTime.exec(time) ?? []
  if (beginning === undefined) return 'is neither ISO 8601 with an offset nor Unix seconds'
  const offset = time.slice(beginning.length)
  if (offset === '') return `has no offset; ${whichOffset}`
  return describeParts(time.replace(separator, 'T'), offset)
}

const whichOffset = 'append Z if it is UTC, or the offset, for example +02:00'
const spaceBeforeOffset = /\s+(?=[+-]\d{2}(:?\d{2})?$|Z$)/i

/** @param withT the time with a T between date and time */
function describeParts(withT: string, offset: string): string {
  if (isOutsideYears(withT)) return 'is outside the years 0001 to 9999, in UTC'
  if (parseIsoMicroseconds(withT) !== undefined)
    return 'has a space between date and time, where ISO 8601 has a T'
  if (parseIsoMicroseconds(withT.replace(spaceBeforeOffset, '')) !== undefined)
    return 'has a space before the offset; remove it'
  return parseIsoMicroseconds(`2000-01-01T00:00:00${offset}`) === undefined
    ? `has no valid offset; ${whichOffset}`
    : 'is a date or a time of day that does not exist'
}

function describeNumber(seconds: number): string {
  if (seconds < 0) return 'is before 1970; Unix seconds cannot be negative'
  return seconds < 1e11
    ? 'is neither ISO 8601 with an offset nor Unix seconds'
    : 'has too many digits for Unix seconds; divide milliseconds by 1000'
}
