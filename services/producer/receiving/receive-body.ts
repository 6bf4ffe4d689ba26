import type { IncomingMessage, ServerResponse } from 'node:http'
import { clientAddress } from '../../adapters/http/proxy/client-address.ts'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendProblem } from '../../adapters/http/problem.ts'
import type { MemoryReservation, MemoryBudget } from '../../adapters/http/limits/memory-budget.ts'
import type { Caller } from '../access/access.ts'
import type { ClientRateLimit } from '../limits/client-rate-limit.ts'
import type { LagLimit } from '../limits/lag-limit.ts'
import * as problems from '../problems.ts'
import type { ReadBody } from './read-body.ts'
import { discardRest, maxBodyBytes, readBody } from './read-body.ts'
import { decompress } from './decompress.ts'

/** The steps that are the same for requests with readings in every format. */

export type ReceivingLimits = {
  readonly memory: MemoryBudget
  readonly rateLimit: ClientRateLimit
  readonly lagLimit: LagLimit
  /** Called for each request that is answered 429 or 503 because of a limit. */
  readonly onThrottled: (reason: ThrottleReason) => void
}

/** Why a valid request is answered 429 or 503: values of the metric label `why`. */
export const throttleReasons = ['full', 'too-slow', 'behind', 'too-often'] as const
type ThrottleReason = (typeof throttleReasons)[number]

export type Exchange<Options extends ReceivingLimits = ReceivingLimits> = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly options: Options
  /** A device has its own rate limit. Without one, the limit is for the address. */
  readonly caller?: Caller
}

/** What the limits need of a request. */
type LimitedExchange = Pick<Exchange, 'options' | 'caller'> & {
  readonly request: Pick<IncomingMessage, 'headers' | 'socket'>
}

function limitKeyOf({ request, caller }: LimitedExchange): string {
  return caller?.kind === 'device' ? caller.limitKey : clientAddress(request)
}

/**
 * Until its acknowledgement a body needs about four times its size: as bytes, text, objects,
 * records.
 */
const memoryPerBodyByte = 4
/** No reading is larger. The rate limit counts at least one reading for each such number of bytes in a body. */
const maxReadingBytes = 5_120
/** Bytes of memory that every pending request needs besides its body. */
const requestOverheadBytes = 2_048

/** Checks what the headers say about the body. Returns the problem, if there is one. */
export function checkBodyHeaders(request: IncomingMessage): Problem | undefined {
  if (!['identity', 'gzip'].includes(encodingOf(request))) return problems.unsupportedEncoding
  return contentLength(request) > maxBodyBytes ? problems.bodyTooLarge : undefined
}

function encodingOf(request: IncomingMessage): string {
  return request.headers['content-encoding']?.toLowerCase() ?? 'identity'
}

/** Checks the limits before the body is read, and counts the request if one is exceeded. Returns the problem. */
export function checkLimits(exchange: Exchange): Problem | undefined {
  const exceeded = exceededLimit(exchange)
  if (exceeded !== undefined) exchange.options.onThrottled(exceeded.why)
  return exceeded?.problem
}

type ExceededLimit = { readonly why: ThrottleReason; readonly problem: Problem }

export function exceededLimit(exchange: LimitedExchange): ExceededLimit | undefined {
  const { request, options } = exchange
  const { memory, rateLimit, lagLimit } = options
  const now = performance.now()
  const seconds = rateLimit.secondsUntilAllowed(limitKeyOf(exchange), now)
  if (seconds > 0) return { why: 'too-often', problem: problems.rateLimitExceeded(seconds) }
  if (lagLimit.isReached(now)) return { why: 'behind', problem: problems.storageLagTooHigh }
  return memory.hasRoomFor(memoryOf(contentLength(request)))
    ? undefined
    : { why: 'full', problem: problems.pendingMemoryFull }
}

/** The memory that a request with a body of this length needs until its acknowledgement. */
export function memoryOf(bodyBytes: number): number {
  return requestOverheadBytes + bodyBytes * memoryPerBodyByte
}

/**
 * Counts the readings of a body for the rate limit of its client. Invalid readings and unreadable
 * bodies count too, because they also cost work.
 *
 * @returns the problem if the client has to wait
 */
export function chargeClient(
  exchange: LimitedExchange,
  bytes: number,
  readings: number,
): Problem | undefined {
  const count = Math.max(readings, Math.ceil(bytes / maxReadingBytes))
  const now = performance.now()
  const { options } = exchange
  const waitSeconds = options.rateLimit.consume(limitKeyOf(exchange), count, now)
  if (waitSeconds === 0) return undefined
  options.onThrottled('too-often')
  return problems.rateLimitExceeded(waitSeconds)
}

function contentLength(request: Pick<IncomingMessage, 'headers'>): number {
  return Number(request.headers['content-length'] ?? 0)
}

/** Returns the whole body; undefined if the request was refused or the client disconnected. */
export async function receiveBody(
  exchange: Exchange,
  reservation: MemoryReservation,
): Promise<Buffer | undefined> {
  const { request, response, options } = exchange
  const memory = {
    reserve: (bytes: number) => reservation.reserve(bytes * memoryPerBodyByte),
    onEvicted: (callback: () => void) => {
      reservation.onEvicted(callback)
    },
  }
  const read: ReadBody = reservation.reserve(requestOverheadBytes)
    ? await readBody(request, memory)
    : { kind: 'no-memory' }
  switch (read.kind) {
    case 'disconnected':
      return undefined
    case 'too-large':
      await refuse(exchange, problems.bodyTooLarge)
      return undefined
    case 'no-memory':
      options.onThrottled('full')
      await refuse(exchange, problems.pendingMemoryFull)
      return undefined
    case 'too-slow':
      options.onThrottled('too-slow')
      refuseAndClose(response, problems.bodyTooSlow)
      return undefined
    case 'body':
      reservation.markComplete()
      return encodingOf(request) === 'gzip' ? inflate(exchange, read.body, memory) : read.body
    default:
      return read satisfies never
  }
}

async function inflate(
  exchange: Exchange,
  body: Buffer,
  { reserve }: { readonly reserve: (bytes: number) => boolean },
): Promise<Buffer | undefined> {
  const inflated = await decompress(body, { maxBytes: maxBodyBytes, reserve })
  switch (inflated.kind) {
    case 'body':
      return inflated.body
    case 'too-large':
      await refuse(exchange, problems.inflatedBodyTooLarge)
      return undefined
    case 'no-memory':
      exchange.options.onThrottled('full')
      await refuse(exchange, problems.pendingMemoryFull)
      return undefined
    case 'invalid':
      await refuse(exchange, problems.unreadableBody('The body is not valid gzip.'))
      return undefined
    default:
      return inflated satisfies never
  }
}

/** Responds without using the body. Closes the connection if the body is not complete. */
export async function refuse({ request, response }: Exchange, problem: Problem): Promise<void> {
  await discardRest(request)
  if (request.complete) sendProblem(response, problem)
  else refuseAndClose(response, problem)
}

function refuseAndClose(response: ServerResponse, problem: Problem): void {
  sendProblem(response, { ...problem, headers: { ...problem.headers, connection: 'close' } })
}

/** The `traceparent` header of W3C Trace Context. */
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

export function traceparentOf(request: IncomingMessage): string | undefined {
  const header = request.headers['traceparent']
  return typeof header === 'string' && traceparentPattern.test(header) ? header : undefined
}
