import type { FuzzRequest } from './requests.ts'
import type { FuzzAnswer } from './send.ts'

type Accepted = {
  readonly accepted: number
  readonly receipts: readonly (string | null)[]
  readonly rejected: readonly { readonly index: number; readonly code: string }[]
}

/** Documented for the API as a whole: what never becomes a request has no path. */
const beforePaths = ['400', '408', '431']

/** What an answer should not be, in words; undefined where it is as the document says. */
export function faultOfAnswer(asked: FuzzRequest, answer: FuzzAnswer): string | undefined {
  const { status } = answer
  if (status >= 500 && status !== 503) return `answered ${status}`
  if (!saysWhen(answer)) return 'no Retry-After'
  if (asked.method === 'HEAD') return undefined
  const documented = [...beforePaths, ...(asked.documented ?? [])]
  if (asked.documented && !documented.includes(String(status))) return `${status} is not documented`
  if (status >= 400) return faultOfProblem(answer)
  return status === 202 ? faultOfAccepted(answer) : undefined
}

function saysWhen({ status, retryAfter }: FuzzAnswer): boolean {
  return ![429, 503].includes(status) || /^\d+$/.test(retryAfter ?? '')
}

/** How many readings an answer has accepted. */
export function acceptedBy({ status, body }: FuzzAnswer): number {
  return status === 202 ? (JSON.parse(body.toString()) as Accepted).accepted : 0
}

/** What a request that is valid throughout must be answered. */
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
  if (type !== 'application/problem+json') return `${status} as ${type ?? 'nothing'}`
  const problem = JSON.parse(body.toString()) as Record<string, unknown>
  const said = ['type', 'title', 'detail'].every((name) => typeof problem[name] === 'string')
  return said && problem['status'] === status ? undefined : `${status} without its members`
}

function faultOfAccepted({ body }: FuzzAnswer): string | undefined {
  const { accepted, receipts, rejected } = JSON.parse(body.toString()) as Accepted
  const given = receipts.filter((receipt) => receipt !== null).length
  if (given !== accepted) return `${accepted} accepted with ${given} receipts`
  return receipts.length === accepted + rejected.length ? undefined : 'readings without an answer'
}
