import type * as z from 'zod'

/** A parameter of a query that is not what it should be; the message says what would be right. */
export class QueryError extends Error {
  readonly code = 'BAD_QUERY'
  constructor(message: string) {
    super(message)
    this.name = 'QueryError'
  }
}

/** The parameters of a request. */
export class Query {
  readonly #parameters: URLSearchParams

  /** @param url the path of a request with its query, as `/api/vehicles?limit=10` */
  constructor(url: string) {
    const at = url.indexOf('?')
    this.#parameters = new URLSearchParams(at === -1 ? '' : url.slice(at))
  }

  /**
   * The values of the parameters.
   *
   * @throws QueryError for the first parameter, in the order of the schema, that is wrong, else for
   *   the first that the schema does not have
   */
  read<Schema extends z.ZodObject>(schema: Schema): z.output<Schema> {
    const known = Object.keys(schema.shape)
    const given = Object.fromEntries(known.map((name) => [name, this.#given(name)]))
    // Not compiled: a schema with a rule is made for one request, and used once.
    const { data, error } = schema.safeParse(given, { jitless: true })
    if (error !== undefined) throw new QueryError(firstFault(error, known))
    const unknown = [...this.#parameters.keys()].find((name) => !known.includes(name))
    if (unknown === undefined) return data
    const shown = JSON.stringify(unknown.slice(0, 40))
    throw new QueryError(`There is no ${shown} here; known: ${known.join(', ')}.`)
  }

  /** Undefined where it is left out, or empty; all values where it comes several times. */
  #given(name: string): string | string[] | undefined {
    const [value, ...more] = this.#parameters.getAll(name)
    if (value !== undefined && more.length > 0) return [value, ...more]
    return value === '' ? undefined : value
  }
}

/** A rule over several parameters stands at the one that its path names. */
function firstFault({ issues }: z.ZodError, known: readonly string[]): string {
  const faults = known.flatMap((name) =>
    issues.filter(({ path }) => path[0] === name).map(({ message }) => `${name} ${message}`),
  )
  const [first] = faults
  if (first === undefined) throw new Error('a rule of a query names none of its parameters')
  return first
}
