import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Problem } from '../adapters/http/problem.ts'
import { sendJson, sendProblem } from '../adapters/http/problem.ts'
import type { GeoPosition } from '../telemetry/geo.ts'
import type { AcceptOptions, AcceptOutcome, Arrival } from './accept-readings.ts'
import { acceptReadings } from './accept-readings.ts'
import type { BudgetShare, ByteBudget } from './byte-budget.ts'
import type { MediaType, ParsedBody } from './parse-body.ts'
import { maxReadings, mediaTypes, parseBody, toMediaType } from './parse-body.ts'
import { discardRest, maxBodyBytes, readBody } from './read-body.ts'
import * as problems from './problems.ts'

export type PostEventsOptions = AcceptOptions & {
  readonly token: string | undefined
  readonly retention: number
  readonly formOrigin: GeoPosition
  readonly budget: ByteBudget
  /** Told what became of each request's readings. */
  readonly onOutcome: (outcome: AcceptOutcome) => void
}

/** A body costs about four times its size from its arrival to its acknowledgement. */
const costOfBody = 4

/** A W3C trace context, as its `traceparent` header has it. */
const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** `POST /events`: from the request to the acknowledgement of every reading in it. */
export async function postEvents(
  request: IncomingMessage,
  response: ServerResponse,
  options: PostEventsOptions,
): Promise<void> {
  const mediaType = toMediaType(request.headers['content-type'])
  const problem = problemOfHead(request, options)
  if (problem || mediaType === undefined) {
    await refuse(request, response, problem ?? unsupported)
    return
  }
  const share = options.budget.open()
  try {
    await takeBody(request, response, { ...options, mediaType, share })
  } finally {
    share.giveBack()
  }
}

const unsupported = problems.unsupportedMediaType(Object.values(mediaTypes))

/** What is wrong with a request before its body is read. */
function problemOfHead(
  request: IncomingMessage,
  { token, budget }: PostEventsOptions,
): Problem | undefined {
  if (token !== undefined && !showsToken(request, token)) return problems.noToken
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') return unsupported
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBodyBytes) return problems.bodyTooLarge
  return budget.hasRoomFor(announced * costOfBody) ? undefined : problems.full
}

type BodyOptions = PostEventsOptions & {
  readonly mediaType: MediaType
  readonly share: BudgetShare
}

async function takeBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: BodyOptions,
): Promise<void> {
  const read = await readBody(request, (bytes) => options.share.take(bytes * costOfBody))
  switch (read.kind) {
    case 'gone':
      return
    case 'too-large':
      await refuse(request, response, problems.bodyTooLarge)
      return
    case 'no-room':
      await refuse(request, response, problems.full)
      return
    case 'body':
      await takeReadings(request, response, { ...options, body: read.body })
      return
    default:
      read satisfies never
  }
}

async function takeReadings(
  request: IncomingMessage,
  response: ServerResponse,
  options: BodyOptions & { readonly body: Buffer },
): Promise<void> {
  const receivedAt = Date.now() * 1000
  const window = { receivedAt, retention: options.retention }
  const body = parseBody(options.body, options.mediaType, { window, origin: options.formOrigin })
  const arrival = { receivedAt, traceparent: traceparentOf(request) }
  await answer(body, arrival, { response, options })
}

async function answer(
  body: ParsedBody,
  arrival: Arrival,
  { response, options }: { response: ServerResponse; options: PostEventsOptions },
): Promise<void> {
  if (body.kind === 'unreadable') {
    sendProblem(response, problems.unreadable(body.detail))
    return
  }
  if (body.kind === 'too-many') {
    sendProblem(response, problems.tooMany(body.count, maxReadings))
    return
  }
  const outcome = await acceptReadings(body.parsed, arrival, options)
  options.onOutcome(outcome)
  switch (outcome.kind) {
    case 'accepted':
      sendJson(response, 202, outcome.answer)
      return
    case 'all-refused':
      sendProblem(response, problems.allRefused(outcome.rejected))
      return
    case 'not-acknowledged':
      sendProblem(response, problems.notAcknowledged)
      return
    default:
      outcome satisfies never
  }
}

/** Answers a request whose body is not wanted; the connection ends with it. */
async function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
): Promise<void> {
  await discardRest(request)
  sendProblem(response, { ...problem, headers: { ...problem.headers, connection: 'close' } })
}

function showsToken(request: IncomingMessage, token: string): boolean {
  const shown = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(token))
}

function traceparentOf(request: IncomingMessage): string | undefined {
  const header = request.headers['traceparent']
  return typeof header === 'string' && traceparentPattern.test(header) ? header : undefined
}
