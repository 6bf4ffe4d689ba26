/** What the server said to a POST. */
export type HttpAnswer = {
  readonly status: number
  /** Milliseconds that it asks to wait, by its header `Retry-After`. */
  readonly retryAfter: number | undefined
  readonly body: string
}

/** Why one reading will never be stored: the server's code and sentence. */
type Refused = { readonly code: string; readonly detail: string }

/** What an answer means for the readings of the POST. */
export type Verdict =
  /** Settled one by one: acknowledged, but for those refused, by their index. */
  | { readonly kind: 'settled'; readonly refused: ReadonlyMap<number, Refused> }
  /** Refused without saying which reading is to blame. */
  | { readonly kind: 'refused-whole'; readonly refused: Refused }
  /** To be sent again unchanged. */
  | { readonly kind: 'try-later'; readonly retryAfter: number | undefined; readonly reason: string }
  /** To be kept until somebody mends the token. */
  | { readonly kind: 'unauthorised'; readonly reason: string }

/** @param count how many readings were sent */
export function judge(answer: HttpAnswer, count: number): Verdict {
  const { status, body, retryAfter } = answer
  const problem = parseObject(body)
  switch (status) {
    case 202: {
      const refused = refusedOf(problem)
      if (problem['accepted'] === count - refused.size) return { kind: 'settled', refused }
      const reason = `HTTP ${status}, but it does not say what became of each of ${count} readings`
      return { kind: 'try-later', retryAfter, reason }
    }
    case 422: {
      const refused = refusedOf(problem)
      if (refused.size === count) return { kind: 'settled', refused }
      return { kind: 'refused-whole', refused: wholeRefusal(status, problem) }
    }
    case 400:
    case 413:
    case 415:
      return { kind: 'refused-whole', refused: wholeRefusal(status, problem) }
    case 401:
    case 403:
      return { kind: 'unauthorised', reason: wholeRefusal(status, problem).detail }
    default:
      return { kind: 'try-later', retryAfter, reason: wholeRefusal(status, problem).detail }
  }
}

/** The members `rejected: [{ index, code, detail }]`; what is not of this form is passed over. */
function refusedOf(body: Record<string, unknown>): Map<number, Refused> {
  const rejected: unknown[] = Array.isArray(body['rejected']) ? body['rejected'] : []
  const refused = new Map<number, Refused>()
  for (const item of rejected) {
    const { index, code, detail } = toObject(item)
    if (typeof index !== 'number') continue
    refused.set(index, { code: toText(code) ?? 'unspecified', detail: toText(detail) ?? '' })
  }
  return refused
}

function wholeRefusal(status: number, problem: Record<string, unknown>): Refused {
  const detail = toText(problem['detail']) ?? toText(problem['title'])
  const said = detail === undefined ? '' : `: ${detail}`
  return { code: `http-${status}`, detail: `HTTP ${status}${said}` }
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
