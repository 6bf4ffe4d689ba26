/** The server's response to a POST. */
export type HttpResponse = {
  readonly status: number
  /** From the header `Retry-After`. */
  readonly retryAfterMs: number | undefined
  readonly body: string
}

/** Why a reading will never be stored: the server's code and detail text. */
type Rejection = { readonly code: string; readonly detail: string }

/** What a response means for the readings of the POST. */
export type Verdict =
  /** Every reading is settled: acknowledged, or refused if its index is in `refused`. */
  | { readonly kind: 'settled'; readonly refused: ReadonlyMap<number, Rejection> }
  /** The whole batch is refused; the response does not name the invalid reading. */
  | { readonly kind: 'refused-whole'; readonly refused: Rejection }
  /** Send the same readings again later. */
  | {
      readonly kind: 'try-later'
      readonly retryAfterMs: number | undefined
      readonly reason: string
    }
  /** Keep the readings until the token is corrected. */
  | { readonly kind: 'unauthorised'; readonly reason: string }

/** @param count number of readings sent */
export function classifyResponse(response: HttpResponse, count: number): Verdict {
  const { status, body, retryAfterMs } = response
  const problem = parseObject(body)
  switch (status) {
    case 202: {
      const refused = parseRejections(problem)
      if (problem['accepted'] === count - refused.size) return { kind: 'settled', refused }
      const reason = `HTTP ${status}, but the response does not account for all ${count} readings`
      return { kind: 'try-later', retryAfterMs, reason }
    }
    case 422: {
      const refused = parseRejections(problem)
      if (refused.size === count) return { kind: 'settled', refused }
      return { kind: 'refused-whole', refused: batchRejection(status, problem) }
    }
    case 400:
    case 413:
    case 415:
      return { kind: 'refused-whole', refused: batchRejection(status, problem) }
    case 401:
    case 403:
      return { kind: 'unauthorised', reason: batchRejection(status, problem).detail }
    default:
      return { kind: 'try-later', retryAfterMs, reason: batchRejection(status, problem).detail }
  }
}

/** Reads `rejected: [{ index, code, detail }]`. Items of another form are ignored. */
function parseRejections(body: Record<string, unknown>): Map<number, Rejection> {
  const rejected: unknown[] = Array.isArray(body['rejected']) ? body['rejected'] : []
  const refused = new Map<number, Rejection>()
  for (const item of rejected) {
    const { index, code, detail } = toObject(item)
    if (typeof index !== 'number') continue
    refused.set(index, { code: toText(code) ?? 'unspecified', detail: toText(detail) ?? '' })
  }
  return refused
}

function batchRejection(status: number, problem: Record<string, unknown>): Rejection {
  const detail = toText(problem['detail']) ?? toText(problem['title'])
  const suffix = detail === undefined ? '' : `: ${detail}`
  return { code: `http-${status}`, detail: `HTTP ${status}${suffix}` }
}

function parseObject(body: string): Record<string, unknown> {
  try {
    return toObject(JSON.parse(body))
  } catch {
    return {}
  }
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
