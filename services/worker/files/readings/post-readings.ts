import { FileFault } from '../../../pipelines/files/file-fault.ts'
import type { ReadingToSend } from '../../../pipelines/files/readings/reading-maker.ts'
import { backoffPauses, sleep } from '../../../runtime/retry.ts'

/** Where readings are sent. */
export type ReadingsAddress = {
  /** Of `POST /events`. */
  readonly url: string
  /** The bearer token; undefined if none is required. */
  readonly token: string | undefined
}

type Rejected = { readonly index: number; readonly code: string; readonly detail: string }

/** The answer to a batch. @member receipts null for a reading that was refused */
export type PostedBatch = {
  readonly receipts: readonly (string | null)[]
  readonly rejected: readonly Rejected[]
}

export type PostOptions = {
  readonly signal: AbortSignal
  /** Called when the readings could not be sent and are sent again later. */
  readonly onWait: (reason: string) => void
}

const timeoutMs = 30_000
const pauses = { firstMs: 500, maxMs: 15_000 }
const longestWaitMs = 60_000

/**
 * Sends readings until they are acknowledged or refused: while the platform cannot be reached, or is above a limit, it
 * waits. The same readings, sent twice, are stored once.
 *
 * @throws FileFault if they will never be accepted; the reason of the signal when it aborts
 */
export async function postReadings(
  { url, token }: ReadingsAddress,
  readings: readonly ReadingToSend[],
  { signal, onWait }: PostOptions,
): Promise<PostedBatch> {
  const body = JSON.stringify(readings)
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  const waits = backoffPauses(pauses)
  for (;;) {
    signal.throwIfAborted()
    const answer = await attempt(url, { body, headers, signal })
    const batch = 'failed' in answer ? undefined : toBatch(answer, readings.length)
    if (batch !== undefined) return batch
    signal.throwIfAborted()
    onWait('failed' in answer ? answer.failed : `HTTP ${answer.status}`)
    const pauseMs = waits.next().value
    await sleep('failed' in answer ? pauseMs : Math.max(pauseMs, answer.retryAfterMs), signal)
  }
}

type Answer = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly retryAfterMs: number
}

type Request = {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

async function attempt(
  url: string,
  { signal, ...request }: Request,
): Promise<Answer | { readonly failed: string }> {
  const end = new AbortController()
  const abort = (): void => {
    end.abort()
  }
  signal.addEventListener('abort', abort)
  const timer = setTimeout(abort, timeoutMs)
  try {
    const response = await fetch(url, { method: 'POST', ...request, signal: end.signal })
    const seconds = Number(response.headers.get('retry-after') ?? 0)
    const retryAfterMs = seconds > 0 ? Math.min(longestWaitMs, seconds * 1_000) : 0
    return { status: response.status, body: toObject(await response.text()), retryAfterMs }
  } catch (error) {
    const { cause, message } = error as Error
    return { failed: cause instanceof Error ? cause.message : message }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Readings with such an answer will never be accepted. */
const finalStatuses = [400, 401, 403, 413, 415]

/** @returns undefined if the readings have to be sent again */
function toBatch({ status, body }: Answer, count: number): PostedBatch | undefined {
  if (finalStatuses.includes(status)) {
    const { detail, title } = body
    const reason = [detail, title].find((each) => typeof each === 'string') ?? 'no reason'
    throw new FileFault(`The ingress refused the readings: HTTP ${status}: ${reason}`)
  }
  const rejected = listIn(body, 'rejected') as readonly Rejected[]
  const receipts = listIn(body, 'receipts') as readonly (string | null)[]
  if (status === 202 && receipts.length === count) return { receipts, rejected }
  if (status !== 422 || rejected.length !== count) return undefined
  return { receipts: rejected.map(() => null), rejected }
}

const listIn = (body: Answer['body'], name: string): readonly unknown[] => {
  const list = body[name]
  return Array.isArray(list) ? list : []
}

function toObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
