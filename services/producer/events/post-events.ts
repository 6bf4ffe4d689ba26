import { toMicros } from '../../telemetry/time.ts'
import type { Micros } from '../../telemetry/time.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TokenCheck } from '../../adapters/http/tokens/token-check.ts'
import { clientAddress } from '../../adapters/http/proxy-line.ts'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import type { GeoPosition } from '../../telemetry/track/geo.ts'
import type { AcceptOptions, AcceptOutcome, Arrival } from './accept-readings.ts'
import { acceptReadings } from './accept-readings.ts'
import type { MemoryReservation, MemoryBudget } from '../../adapters/http/limits/memory-budget.ts'
import type { ClientRateLimit } from '../limits/client-rate-limit.ts'
import type { LagLimit } from '../limits/lag-limit.ts'
import type { MediaType, ParsedBody } from './parse-body.ts'
import { maxReadings, mediaTypes, parseBody, toMediaType } from './parse-body.ts'
import type { ReadBody } from './read-body.ts'
import { hasPositionInQuery } from './reading-in-query.ts'
import { discardRest, maxBodyBytes, readBody } from './read-body.ts'
import * as problems from '../problems.ts'

export type PostEventsOptions = AcceptOptions & {
  readonly tokenCheck: Pick<TokenCheck, 'accepts'>
  /** Older readings are refused. */
  readonly retentionMicros: Micros
  readonly formOrigin: GeoPosition
  readonly memory: MemoryBudget
  readonly rateLimit: ClientRateLimit
  readonly lagLimit: LagLimit
  /** Called with the outcome of each request whose readings were parsed. */
  readonly onOutcome: (outcome: AcceptOutcome) => void
  /** Called for each request that is answered 429 or 503 because of a limit. */
  readonly onThrottled: (reason: ThrottleReason) => void
}

/** Why a valid request is answered 429 or 503: values of the metric label `why`. */
export const throttleReasons = ['full', 'too-slow', 'behind', 'too-often'] as const
type ThrottleReason = (typeof throttleReasons)[number]

/**
 * Until its acknowledgement a body needs about four times its size: as bytes, text, objects,
 * records.
 */
const memoryPerBodyByte = 4
/** No reading is larger. For the rate limit a body counts at least one reading for so many bytes. */
const maxReadingBytes = 5_120
/** Bytes of memory that every pending request needs besides its body. */
const requestOverheadBytes = 2_048

/** The `traceparent` header of W3C Trace Context. */
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Handles `POST /events`, up to Kafka's acknowledgement of every valid reading in it. */
export async function postEvents(
  request: IncomingMessage,
  response: ServerResponse,
  options: PostEventsOptions,
): Promise<void> {
  const exchange = { request, response, options }
  const mediaType = toMediaType(request.headers['content-type'])
  const problem = checkHeaders(request, options) ?? checkLimits(request, options)
  if (problem || mediaType === undefined) {
    await refuse(exchange, problem ?? unsupported)
    return
  }
  const reservation = options.memory.openReservation()
  try {
    const body = await receiveBody(exchange, reservation)
    if (body) await acceptBody(exchange, body, mediaType)
  } finally {
    reservation.release()
  }
}

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly options: PostEventsOptions
}

const unsupported = problems.unsupportedMediaType(Object.values(mediaTypes))

/** Checks the headers before the body is read. Returns the problem, if there is one. */
function checkHeaders(
  request: IncomingMessage,
  { tokenCheck }: PostEventsOptions,
): Problem | undefined {
  if (!tokenCheck.accepts(request)) return problems.tokenRequired
  if (hasPositionInQuery(request)) return problems.readingNotInBody
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') return unsupported
  return contentLength(request) > maxBodyBytes ? problems.bodyTooLarge : undefined
}

/** Checks the limits before the body is read. Returns the problem if one is exceeded. */
function checkLimits(request: IncomingMessage, options: PostEventsOptions): Problem | undefined {
  const { memory, rateLimit, lagLimit, onThrottled } = options
  const now = performance.now()
  const seconds = rateLimit.secondsUntilAllowed(clientAddress(request), now)
  if (seconds > 0) {
    onThrottled('too-often')
    return problems.rateLimitExceeded(seconds)
  }
  if (lagLimit.isReached(now)) {
    onThrottled('behind')
    return problems.storageLagTooHigh
  }
  if (memory.hasRoomFor(requestOverheadBytes + contentLength(request) * memoryPerBodyByte))
    return undefined
  onThrottled('full')
  return problems.pendingMemoryFull
}

function contentLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

/** Returns the whole body; undefined if the request was refused or the client disconnected. */
async function receiveBody(
  exchange: Exchange,
  reservation: MemoryReservation,
): Promise<Buffer | undefined> {
  const { request, response, options } = exchange
  const memory = {
    reserve: (bytes: number) => reservation.reserve(bytes * memoryPerBodyByte),
    onEvicted: reservation.onEvicted,
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
      return read.body
    default:
      return read satisfies never
  }
}

/** Parses the body, applies the rate limit and appends the valid readings to the topic. */
async function acceptBody(exchange: Exchange, bytes: Buffer, mediaType: MediaType): Promise<void> {
  const { request, response, options } = exchange
  const receivedAt = toMicros(Date.now())
  const window = { receivedAt, retentionMicros: options.retentionMicros }
  const body = parseBody(bytes, mediaType, { window, origin: options.formOrigin })
  const readings = body.kind === 'readings' ? body.parsed.length : 0
  // Invalid readings and unreadable bodies count too, because they also cost work.
  const waitSeconds = options.rateLimit.consume(
    clientAddress(request),
    Math.max(readings, Math.ceil(bytes.length / maxReadingBytes)),
    performance.now(),
  )
  if (waitSeconds > 0) {
    options.onThrottled('too-often')
    sendProblem(response, problems.rateLimitExceeded(waitSeconds))
    return
  }
  await respond(exchange, body, { receivedAt, traceparent: traceparentOf(request) })
}

async function respond(
  { response, options }: Exchange,
  body: ParsedBody,
  arrival: Arrival,
): Promise<void> {
  if (body.kind === 'unreadable') {
    sendProblem(response, problems.unreadableBody(body.detail))
    return
  }
  if (body.kind === 'too-many') {
    sendProblem(response, problems.tooManyReadings(maxReadings))
    return
  }
  const outcome = await acceptReadings(body.parsed, arrival, options)
  options.onOutcome(outcome)
  switch (outcome.kind) {
    case 'accepted':
      sendJson(response, 202, outcome.answer)
      return
    case 'all-refused':
      sendProblem(response, problems.noReadingAccepted(outcome.rejected))
      return
    case 'not-acknowledged':
      sendProblem(response, problems.notAcknowledged)
      return
    default:
      outcome satisfies never
  }
}

/** Responds without using the body. Closes the connection if the body is not complete. */
async function refuse({ request, response }: Exchange, problem: Problem): Promise<void> {
  await discardRest(request)
  if (request.complete) sendProblem(response, problem)
  else refuseAndClose(response, problem)
}

function refuseAndClose(response: ServerResponse, problem: Problem): void {
  sendProblem(response, { ...problem, headers: { ...problem.headers, connection: 'close' } })
}

function traceparentOf(request: IncomingMessage): string | undefined {
  const header = request.headers['traceparent']
  return typeof header === 'string' && traceparentPattern.test(header) ? header : undefined
}
