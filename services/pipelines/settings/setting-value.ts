import { faultOfCron } from '../declaration/tasks/schedule-rules.ts'
import { durationWithin, parseDuration, unitMs } from '../declaration/duration.ts'

/**
 * What the values of a setting look like. The checks in the database are made from it: `pattern` is
 * a regular expression in the syntax that JavaScript and Postgres share.
 */
export type SettingValue<T> = {
  /** Completes "expected …". */
  readonly expected: string
  readonly pattern: string
  readonly limits?: {
    readonly minimum: number
    readonly maximum: number
    /** What one of each unit is worth; none for a number without a unit. */
    readonly units: Readonly<Record<string, number>>
  }
  /** The value of a text; undefined for a text that is refused. */
  readonly parse: (text: string) => T | undefined
}

export const trueOrFalse: SettingValue<boolean> = {
  expected: 'true or false',
  pattern: '^(true|false)$',
  parse: (text) => (text === 'true' || text === 'false' ? text === 'true' : undefined),
}

export function choice(...values: readonly string[]): SettingValue<string> {
  return {
    expected: `one of ${values.join(', ')}`,
    pattern: `^(${values.join('|')})$`,
    parse: (text) => (values.includes(text) ? text : undefined),
  }
}

export function wholeNumber(minimum: number, maximum: number): SettingValue<number> {
  const pattern = '^[0-9]{1,9}$'
  return {
    expected: `a whole number from ${minimum} to ${maximum}`,
    pattern,
    limits: { minimum, maximum, units: {} },
    parse: (text) => {
      const value = new RegExp(pattern).test(text) ? Number(text) : NaN
      return value >= minimum && value <= maximum ? value : undefined
    },
  }
}

/** A duration in milliseconds. @param maximum and @param minimum durations as texts */
export function duration(maximum: string, minimum = '1 ms'): SettingValue<number> {
  const [minimumMs, maximumMs] = [parseDuration(minimum), parseDuration(maximum)]
  if (minimumMs === undefined || maximumMs === undefined)
    throw new Error(`${minimum} or ${maximum} is not a duration`)
  return {
    expected: durationWithin({ minimum, maximum }),
    pattern: `^[0-9]{1,9} ?(${Object.keys(unitMs).join('|')})$`,
    limits: { minimum: minimumMs, maximum: maximumMs, units: unitMs },
    parse: (text) => {
      const value = parseDuration(text) ?? 0
      return value >= minimumMs && value <= maximumMs ? value : undefined
    },
  }
}

/** A list of values, ranges and steps. @param value a value as a regular expression */
const cronField = (value: string): string => {
  const part = `(\\*|(${value})(-(${value}))?)(/[0-9]{1,2})?`
  return `${part}(,${part})*`
}

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'
const weekdays = 'sun|mon|tue|wed|thu|fri|sat'

const cronFields = [
  '[0-5]?[0-9]',
  '[01]?[0-9]|2[0-3]',
  '0?[1-9]|[12][0-9]|3[01]|L',
  `0?[1-9]|1[0-2]|${months}|${months.toUpperCase()}`,
  `[0-7]|${weekdays}|${weekdays.toUpperCase()}`,
]

/** A cron rule. The pattern also accepts rules that never come, and reversed ranges. */
export const cronRule: SettingValue<string> = {
  expected: 'minute, hour, day of the month, month, day of the week, e.g. 0 * * * *',
  pattern: `^${cronFields.map(cronField).join(' ')}$`,
  parse: (text) =>
    new RegExp(cronRule.pattern).test(text) && faultOfCron(text) === undefined ? text : undefined,
}
