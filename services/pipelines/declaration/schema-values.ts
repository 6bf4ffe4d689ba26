import { z } from 'zod'
import { limits } from '../limits.ts'
import { durationWithin, isWithin, parseDuration } from './duration.ts'

/** Kinds of values that several keys have. */

/** Postgres cuts longer names off. */
const maxNameLength = 63

/** A text that matches a pattern. */
export const text = (pattern: RegExp, expected: string) =>
  z.custom<string>(
    (value) => typeof value === 'string' && pattern.test(value),
    `expected ${expected}`,
  )

export const sqlName = text(
  new RegExp(`^[a-z][a-z0-9_]{0,${maxNameLength - 1}}$`),
  `a lower-case SQL name of up to ${maxNameLength} characters that begins with a letter`,
)

export const wholeNumber = (minimum: number, maximum: number) =>
  z.custom<number>(
    (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    `expected a whole number from ${minimum} to ${maximum}`,
  )

const choice = <const T extends string>(...values: readonly T[]) =>
  z.custom<T>(
    (value) => values.includes(value as T),
    `expected one of ${values.map((value) => `"${value}"`).join(', ')}`,
  )

/** A duration. @param maximum and @param minimum durations as texts */
export const durationMs = (maximum: string, minimum = '1 ms') =>
  z
    .custom<string>(
      (value) => {
        const milliseconds = typeof value === 'string' ? (parseDuration(value) ?? 0) : 0
        return isWithin(milliseconds, { minimum, maximum })
      },
      `expected ${durationWithin({ minimum, maximum })}`,
    )
    .transform((value) => parseDuration(value) ?? 0)

export const boolean = z.custom<boolean>(
  (value) => typeof value === 'boolean',
  'expected true or false',
)

/** How often a task is tried. */
export const retry = z.strictObject(
  {
    attempts: wholeNumber(1, limits.attempts).default(3),
    first: durationMs('1 d').default(1_000),
    longest: durationMs('1 d').optional(),
  },
  'expected a table with the keys "attempts", "first" and "longest"',
)

export const topicName = text(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
  "a topic name: A-Z, a-z, 0-9, '.', '_' and '-'",
)

/** Kafka refuses messages for its own topics, so they would wait without end. */
export const writtenTopicName = text(
  /^(?!\.{1,2}$|__)[A-Za-z0-9._-]{1,249}$/,
  "a topic name of up to 249 characters: A-Z, a-z, 0-9, '.', '_' and '-'; names that begin with '__' belong to Kafka",
)

export const consumerGroup = text(
  /^[\w.:-]{1,249}$/,
  "a consumer group: A-Z, a-z, 0-9, '.', '_', ':' and '-'",
)

export const pipelineName = text(
  /^[a-z][a-z0-9_-]{0,62}$/,
  "a name of up to 63 lower-case letters, digits, '_' and '-' that begins with a letter",
)

export const handlerName = text(
  /^[A-Za-z_][\w.-]{0,99}$/,
  "the name of a handler: letters, digits, '_', '-' and '.', at most 100",
)

/** Parameters that each call of a handler gets. */
export const fixedParams = z.custom<Readonly<Record<string, unknown>>>(
  (value) => isJsonValue(value) && typeof value === 'object' && !Array.isArray(value),
  'expected a table with the parameters of the handler; numbers must be finite',
)

/** TOML has numbers that JSON does not have, such as nan. */
function isJsonValue(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isJsonValue)
  return typeof value === 'string' || typeof value === 'boolean'
}

export const startOfTopic = choice('earliest', 'latest', 'committed')

/** A text is short for a table with the key `name`. */
export const toNamed = (value: unknown): unknown =>
  typeof value === 'string' ? { name: value } : value
