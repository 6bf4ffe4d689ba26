import type * as z from 'zod'

/** A query parameter is invalid. The message names it and says what it must be. */
export class QueryError extends Error {
  readonly code = 'BAD_QUERY'
  constructor(message: string) {
    super(message)
    this.name = 'QueryError'
  }
}

/** The query parameters of a request. */
export class Query {
  readonly #parameters: URLSearchParams

  /** @param url the path of a request with its query, e.g. `/api/vehicles?limit=10` */
  constructor(url: string) {
    const at = url.indexOf('?')
    this.#parameters = new URLSearchParams(at === -1 ? '' : url.slice(at))
  }

  /**
   * Returns the values of the parameters.
   *
   * @throws QueryError for the first invalid parameter in the order of the schema; if all are
   *   valid, for the first parameter that the schema does not contain
   */
  read<Schema extends z.ZodObject>(schema: Schema): z.output<Schema> {
    const known = Object.keys(schema.shape)
    const given = Object.fromEntries(known.map((name) => [name, this.#valueOf(name)]))
    // Not compiled: a schema with rules is built for each request and used once.
    const { data, error } = schema.safeParse(given, { jitless: true })
    if (error !== undefined) throw new QueryError(firstError(error, known))
    const unknown = [...this.#parameters.keys()].find((name) => !known.includes(name))
    if (unknown === undefined) return data
    const shown = JSON.stringify(unknown.slice(0, 40))
    throw new QueryError(`Unknown parameter ${shown}. Known parameters: ${known.join(', ')}.`)
  }

  /** Undefined if the parameter is missing or empty; an array if it is given more than once. */
  #valueOf(name: string): string | string[] | undefined {
    const [value, ...more] = this.#parameters.getAll(name)
    if (value !== undefined && more.length > 0) return [value, ...more]
    return value === '' ? undefined : value
  }
}

/** An error of a rule over several parameters is reported for the parameter that its path names. */
function firstError({ issues }: z.ZodError, known: readonly string[]): string {
  const messages = known.flatMap((name) =>
    issues.filter(({ path }) => path[0] === name).map(({ message }) => `${name} ${message}`),
  )
  const [first] = messages
  if (first === undefined)
    throw new Error('A rule of a query schema names none of its parameters in its path.')
  return first
}
