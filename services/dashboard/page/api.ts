/** The server refused the request, cannot be reached, or sent an unreadable response. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** The HTTP status; 0 without a response or with an unreadable one. */
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/**
 * Gets a path of this server as JSON.
 *
 * @throws ApiError with a message for the user
 */
export async function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return sendForJson(path, { ...(signal && { signal }) })
}

/**
 * Posts to a path of this server, with a body of JSON or without one.
 *
 * @throws ApiError with a message for the user
 */
export async function postForJson<Answer>(path: string, body?: object): Promise<Answer> {
  if (body === undefined) return sendForJson(path, { method: 'POST' })
  const headers = { 'content-type': 'application/json' }
  return sendForJson(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

type JsonRequest = Omit<RequestInit, 'headers'> & {
  readonly headers?: Readonly<Record<string, string>>
}

async function sendForJson<Answer>(path: string, options: JsonRequest): Promise<Answer> {
  const headers = { accept: 'application/json', ...options.headers }
  const response = await request(path, { ...options, headers })
  try {
    return (await response.json()) as Answer
  } catch (error) {
    if (options.signal?.aborted === true) throw error
    throw new ApiError(0, 'The platform returned an unreadable response.', { cause: error })
  }
}

/** Sends the token once; the server sets a session cookie. */
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
    throw new ApiError(0, 'The platform cannot be reached.', { cause: error })
  }
  if (!response.ok) throw new ApiError(response.status, await errorMessageOf(response))
  return response
}

async function errorMessageOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  return messageOfProblem(response.status, text)
}

/** The title and detail of a problem document, or a message with the status. */
export function messageOfProblem(status: number, text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: unknown; detail?: unknown }
    const texts = [title, detail].filter((text) => typeof text === 'string')
    if (texts.length > 0) return texts.join(': ')
  } catch {
    // Not a problem document: a proxy may have sent the response.
  }
  return `The platform returned HTTP status ${status}.`
}

/** The path with its query string. */
export function pathWithQuery(
  path: string,
  parameters: Readonly<Record<string, string | number>>,
): string {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  )
  return `${path}?${query.toString()}`
}

/** The API path of a vehicle. */
export function vehiclePath(vin: string): string {
  return `/api/vehicles/${encodeURIComponent(vin)}`
}

/** The API path of a declared pipeline. */
export function pipelinePath(name: string): string {
  return `/api/pipelines/${encodeURIComponent(name)}`
}

/** The API path of a device. */
export function devicePath(vin: string): string {
  return `/api/devices/${encodeURIComponent(vin)}`
}

/** The API path of a task. */
export function taskPath(id: number): string {
  return `/api/tasks/${id}`
}

/** The API path of a file. */
export function filePath(id: number): string {
  return `/api/files/${id}`
}

/** The API path for the upload of a file. */
export function uploadPath(pipeline: string, name: string): string {
  return `/api/files/${encodeURIComponent(pipeline)}/${encodeURIComponent(name)}`
}
