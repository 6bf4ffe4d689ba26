import { parseIsoMicroseconds } from '../telemetry/time.ts'

/** A parameter of a query that is not what it should be; the message says what would be right. */
export class QueryError extends Error {
  readonly code = 'BAD_QUERY'
  constructor(message: string) {
    super(message)
    this.name = 'QueryError'
  }
}

/**
 * The parameters of a request. Each reader gives a value of the right type, or throws QueryError;
 * `finish` throws it for a parameter that nobody has asked for.
 */
export class Query {
  readonly #parameters: URLSearchParams
  readonly #known = new Set<string>()

  /** @param url the path of a request with its query, as `/api/vehicles?limit=10` */
  constructor(url: string) {
    const at = url.indexOf('?')
    this.#parameters = new URLSearchParams(at === -1 ? '' : url.slice(at))
  }

  /** Undefined where it is left out, or empty. */
  text(name: string, longest: number): string | undefined {
    this.#known.add(name)
    const [value, ...more] = this.#parameters.getAll(name)
    if (more.length > 0) throw new QueryError(`${name} comes several times; once is expected.`)
    if (value === undefined || value === '') return undefined
    if (value.length > longest) throw new QueryError(`${name} has up to ${longest} characters.`)
    return value
  }

  oneOf<Known extends string>(name: string, known: readonly Known[]): Known | undefined {
    const text = this.text(name, 40)
    if (text === undefined) return undefined
    const found = known.find((each) => each === text)
    if (found === undefined) throw new QueryError(`${name} is one of ${known.join(', ')}.`)
    return found
  }

  /** A number from `least` to `most`, or the fallback where it is left out. */
  number(name: string, range: { least: number; most: number; fallback: number }): number {
    const text = this.text(name, 30)
    if (text === undefined) return range.fallback
    const value = Number(text)
    if (value >= range.least && value <= range.most) return value
    throw new QueryError(`${name} is a number from ${range.least} to ${range.most}.`)
  }

  integer(name: string, range: { least: number; most: number; fallback: number }): number {
    const value = this.number(name, range)
    if (Number.isInteger(value)) return value
    throw new QueryError(`${name} is a whole number from ${range.least} to ${range.most}.`)
  }

  /** An ISO 8601 time in microseconds since the Unix epoch. */
  time(name: string): number | undefined {
    // In a query that nobody has encoded, the plus of an offset is a space.
    const text = this.text(name, 40)?.replace(' ', '+')
    if (text === undefined) return undefined
    const time = parseIsoMicroseconds(text)
    if (time !== undefined) return time
    throw new QueryError(`${name} is an ISO 8601 time with an offset, e.g. 2026-01-31T12:00:00Z.`)
  }

  finish(): void {
    const unknown = [...this.#parameters.keys()].find((name) => !this.#known.has(name))
    if (unknown === undefined) return
    const known = [...this.#known].join(', ')
    throw new QueryError(
      `There is no ${JSON.stringify(unknown.slice(0, 40))} here; known: ${known}.`,
    )
  }
}
