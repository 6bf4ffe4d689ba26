/** The server has refused, or answered with something that is no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP's, or 0 where there was no answer, or none that can be read. */
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/**
 * `GET` of a path of this server, as JSON.
 *
 * @throws ApiError with a sentence for people
 */
export async function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  const response = await request(path, {
    headers: { accept: 'application/json' },
    ...(signal && { signal }),
  })
  try {
    return (await response.json()) as Answer
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiError(0, 'The answer of the platform cannot be read.', { cause: error })
  }
}

/** Shows the token once; the server answers with a cookie. */
export async function openSession(token: string): Promise<void> {
  await request('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
}

async function request(path: string, options: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, options)
  } catch (error) {
    if (options.signal?.aborted === true) throw error
    throw new ApiError(0, 'The platform does not answer.', { cause: error })
  }
  if (!response.ok) throw new ApiError(response.status, await errorMessageOf(response))
  return response
}

/** What a problem document says, or the bare status. */
async function errorMessageOf(response: Response): Promise<string> {
  try {
    const { title, detail } = (await response.json()) as { title?: unknown; detail?: unknown }
    const said = [title, detail].filter((text) => typeof text === 'string')
    if (said.length > 0) return said.join(': ')
  } catch {
    // No problem document: somebody else has answered.
  }
  return `The platform answered with ${response.status}.`
}

/** The path with the parameters that are there. */
export function pathWithQuery(
  path: string,
  parameters: Readonly<Record<string, string | number>>,
): string {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  )
  return `${path}?${query.toString()}`
}

/** The path of a vehicle in the API. */
export function vehiclePath(vin: string): string {
  return `/api/vehicles/${encodeURIComponent(vin)}`
}
