import type { IncomingMessage, ServerResponse } from 'node:http'
import { showsToken } from '../../adapters/http/bearer-token.ts'
import { clientOf } from '../../adapters/http/proxy-line.ts'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendJson, sendProblem } from '../../adapters/http/problem.ts'
import type { GeoPosition } from '../../telemetry/track/geo.ts'
import type { AcceptOptions, AcceptOutcome, Arrival } from './accept-readings.ts'
import { acceptReadings } from './accept-readings.ts'
import type { MemoryReservation, MemoryBudget } from '../limits/memory-budget.ts'
import type { ClientRateLimit } from '../limits/client-rate-limit.ts'
import type { LagGate } from '../limits/lag-gate.ts'
import type { MediaType, ParsedBody } from './parse-body.ts'
import { maxReadings, mediaTypes, parseBody, toMediaType } from './parse-body.ts'
import type { ReadBody } from './read-body.ts'
import { discardRest, maxBodyBytes, readBody } from './read-body.ts'
import * as problems from '../problems.ts'

export type PostEventsOptions = AcceptOptions & {
  readonly token: string | undefined
  readonly retentionMicros: number
  readonly formOrigin: GeoPosition
  readonly memory: MemoryBudget
  readonly rateLimit: ClientRateLimit
  readonly lagGate: LagGate
  /** Told what became of each request's readings. */
  readonly onOutcome: (outcome: AcceptOutcome) => void
  /** Told of each request that is to come again later. */
  readonly onThrottled: (why: ThrottleReason) => void
}

/** Why a request is to come again later, though nothing is wrong with it. */
export const throttleReasons = ['full', 'too-slow', 'behind', 'too-often'] as const
type ThrottleReason = (typeof throttleReasons)[number]

/** A body costs about four times its size from its arrival to its acknowledgement. */
const costOfBody = 4
/** Bytes that a request costs while it is under way, whatever its body. */
const costOfRequest = 2_048

/** A W3C trace context, as its `traceparent` header has it. */
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** `POST /events`: from the request to the acknowledgement of every reading in it. */
export async function postEvents(
  request: IncomingMessage,
  response: ServerResponse,
  options: PostEventsOptions,
): Promise<void> {
  const exchange = { request, response, options }
  const mediaType = toMediaType(request.headers['content-type'])
  const problem = problemOfHead(request, options) ?? turnAway(request, options)
  if (problem || mediaType === undefined) {
    await refuse(exchange, problem ?? unsupported)
    return
  }
  const share = options.memory.openReservation()
  try {
    const body = await takeBody(exchange, share)
    if (body) await takeReadings(exchange, body, mediaType)
  } finally {
    share.release()
  }
}

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly options: PostEventsOptions
}

const unsupported = problems.unsupportedMediaType(Object.values(mediaTypes))

/** What is wrong with a request before its body is read. */
function problemOfHead(
  request: IncomingMessage,
  { token }: PostEventsOptions,
): Problem | undefined {
  if (token !== undefined && !showsToken(request, token)) return problems.tokenRequired
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') return unsupported
  return announcedBytes(request) > maxBodyBytes ? problems.bodyTooLarge : undefined
}

/** Why a request whose head is right is to come again later, before its body is read. */
function turnAway(request: IncomingMessage, options: PostEventsOptions): Problem | undefined {
  const { memory, rateLimit, lagGate, onThrottled } = options
  const now = performance.now()
  const seconds = rateLimit.secondsUntilAllowed(clientOf(request), now)
  if (seconds > 0) {
    onThrottled('too-often')
    return problems.rateLimitExceeded(seconds)
  }
  if (lagGate.isClosed(now)) {
    onThrottled('behind')
    return problems.storageLagTooHigh
  }
  if (memory.hasRoomFor(costOfRequest + announcedBytes(request) * costOfBody)) return undefined
  onThrottled('full')
  return problems.pendingMemoryFull
}

function announcedBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

/** The whole body; undefined where the request has been answered without it, or is gone. */
async function takeBody(exchange: Exchange, share: MemoryReservation): Promise<Buffer | undefined> {
  const { request, response, options } = exchange
  const room = {
    reserve: (bytes: number) => share.reserve(bytes * costOfBody),
    onEvicted: share.onEvicted,
  }
  const read: ReadBody = share.reserve(costOfRequest)
    ? await readBody(request, room)
    : { kind: 'no-room' }
  switch (read.kind) {
    case 'gone':
      return undefined
    case 'too-large':
      await refuse(exchange, problems.bodyTooLarge)
      return undefined
    case 'no-room':
      options.onThrottled('full')
      await refuse(exchange, problems.pendingMemoryFull)
      return undefined
    case 'too-slow':
      options.onThrottled('too-slow')
      refuseAtOnce(response, problems.bodyTooSlow)
      return undefined
    case 'body':
      share.markComplete()
      return read.body
    default:
      return read satisfies never
  }
}

async function takeReadings(
  exchange: Exchange,
  bytes: Buffer,
  mediaType: MediaType,
): Promise<void> {
  const { request, response, options } = exchange
  const receivedAt = Date.now() * 1000
  const window = { receivedAt, retention: options.retentionMicros }
  const body = parseBody(bytes, mediaType, { window, origin: options.formOrigin })
  const readings = body.kind === 'readings' ? body.parsed.length : 0
  // Also what is refused: it was work all the same.
  const wait = options.rateLimit.consume(
    clientOf(request),
    Math.max(readings, 1),
    performance.now(),
  )
  if (wait > 0) {
    options.onThrottled('too-often')
    sendProblem(response, problems.rateLimitExceeded(wait))
    return
  }
  await answer(exchange, body, { receivedAt, traceparent: traceparentOf(request) })
}

async function answer(
  { response, options }: Exchange,
  body: ParsedBody,
  arrival: Arrival,
): Promise<void> {
  if (body.kind === 'unreadable') {
    sendProblem(response, problems.unreadableBody(body.detail))
    return
  }
  if (body.kind === 'too-many') {
    sendProblem(response, problems.tooManyReadings(body.count, maxReadings))
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

/** Answers a request whose body is not wanted; the connection ends with it where more is to come. */
async function refuse({ request, response }: Exchange, problem: Problem): Promise<void> {
  await discardRest(request)
  if (request.complete) sendProblem(response, problem)
  else refuseAtOnce(response, problem)
}

function refuseAtOnce(response: ServerResponse, problem: Problem): void {
  sendProblem(response, { ...problem, headers: { ...problem.headers, connection: 'close' } })
}

function traceparentOf(request: IncomingMessage): string | undefined {
  const header = request.headers['traceparent']
  return typeof header === 'string' && traceparentPattern.test(header) ? header : undefined
}
