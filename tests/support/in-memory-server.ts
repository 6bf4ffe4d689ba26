import type { HttpResponse } from '../../fleet/uplink/response.ts'
import type { PostPort } from '../../fleet/uplink/http-post.ts'

type SentReading = { readonly vin: string; readonly sequence: number }
type Answer = (readings: readonly SentReading[]) => HttpResponse | Error | Promise<HttpResponse>

/**
 * The server of an uplink, in memory. Records the request bodies and returns what `answer` returns.
 */
export class InMemoryServer implements PostPort {
  readonly bodies: string[] = []
  answer: Answer = (readings) => accepted(readings.length)
  #close: (reason: Error) => void = () => undefined
  readonly #closed = new Promise<Error>((resolve) => {
    this.#close = resolve
  })

  /** The sequence numbers of the readings in each POST. */
  get sequences(): number[][] {
    return this.bodies.map((body) => parseBody(body).map(({ sequence }) => sequence))
  }

  async post(body: string): Promise<HttpResponse> {
    this.bodies.push(body)
    const answer = await Promise.race([this.answer(parseBody(body)), this.#closed])
    if (answer instanceof Error) throw answer
    return answer
  }

  close(): void {
    this.#close(new Error('closed'))
  }
}

function parseBody(body: string): SentReading[] {
  return JSON.parse(body) as SentReading[]
}

export type Rejected = { readonly index: number; readonly code: string; readonly detail: string }

export function accepted(count: number, rejected: readonly Rejected[] = []): HttpResponse {
  const body = JSON.stringify({ accepted: count - rejected.length, receipts: [], rejected })
  return { status: 202, retryAfterMs: undefined, body }
}

export function problem(
  status: number,
  more: { retryAfter?: number; body?: object } = {},
): HttpResponse {
  return { status, retryAfterMs: more.retryAfter, body: JSON.stringify(more.body ?? {}) }
}
