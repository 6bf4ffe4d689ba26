import type { FuzzRequest } from './fuzz-request.ts'
import type { FuzzAnswer } from './send.ts'

type Accepted = {
  readonly accepted: number
  readonly receipts: readonly (string | null)[]
  readonly rejected: readonly { readonly index: number; readonly code: string }[]
}

/** Documented for the whole API: such a request cannot be parsed, so it has no path. */
const statusesOfEveryPath = ['400', '408', '431']

/** Describes how an answer violates the OpenAPI document; undefined if it does not. */
export function faultOfAnswer(request: FuzzRequest, answer: FuzzAnswer): string | undefined {
  const { status } = answer
  if (status >= 500 && status !== 503) return `returned ${status}`
  if (!hasRetryAfter(answer)) return 'Retry-After is missing'
  if (request.method === 'HEAD') return undefined
  const documented = [...statusesOfEveryPath, ...(request.documented ?? [])]
  if (request.documented && !documented.includes(String(status)))
    return `${status} is not documented`
  if (status >= 400) return faultOfProblem(answer)
  return status === 202 ? faultOfAccepted(answer) : faultOfOk(request, answer)
}

/** Some apps repeat a request for ever unless the response has the expected body. */
function faultOfOk({ okBody }: FuzzRequest, { status, body }: FuzzAnswer): string | undefined {
  if (status !== 200 || okBody === undefined || body.toString() === okBody) return undefined
  return `200 without the body ${okBody}`
}

/** A 429 or 503 must have it. */
function hasRetryAfter({ status, retryAfter }: FuzzAnswer): boolean {
  return ![429, 503].includes(status) || /^\d+$/.test(retryAfter ?? '')
}

/** The number of readings that an answer accepted. */
export function acceptedBy({ status, body }: FuzzAnswer): number {
  return status === 202 ? (JSON.parse(body.toString()) as Accepted).accepted : 0
}

/** Describes how the answer to a completely valid request is wrong; undefined if it is right. */
export function faultOfValid(
  { validReadings }: FuzzRequest,
  answer: FuzzAnswer,
): string | undefined {
  if (validReadings === undefined || answer.status === 503) return undefined
  const accepted = acceptedBy(answer)
  return accepted === validReadings
    ? undefined
    : `${validReadings} valid readings, ${accepted} accepted`
}

function faultOfProblem({ status, type, body }: FuzzAnswer): string | undefined {
  if (type !== 'application/problem+json') return `${status} with content type ${type ?? 'none'}`
  const problem = JSON.parse(body.toString()) as Record<string, unknown>
  const isComplete = ['type', 'title', 'detail'].every((name) => typeof problem[name] === 'string')
  return isComplete && problem['status'] === status
    ? undefined
    : `${status} without all required members`
}

function faultOfAccepted({ body }: FuzzAnswer): string | undefined {
  const { accepted, receipts, rejected } = JSON.parse(body.toString()) as Accepted
  const receiptCount = receipts.filter((receipt) => receipt !== null).length
  if (receiptCount !== accepted) return `${accepted} accepted with ${receiptCount} receipts`
  return receipts.length === accepted + rejected.length
    ? undefined
    : 'readings with neither a receipt nor a refusal'
}
