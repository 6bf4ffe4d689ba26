import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Problem } from '../adapters/http/problem.ts'
import { sendJson, sendProblem } from '../adapters/http/problem.ts'
import type { GeoPosition } from '../telemetry/geo.ts'
import type { AcceptOptions, AcceptOutcome, Arrival } from './accept-readings.ts'
import { acceptReadings } from './accept-readings.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { MediaType, ParsedBody } from './parse-body.ts'
import { maxReadings, mediaTypes, parseBody, toMediaType } from './parse-body.ts'
import { maxBodyBytes, readBody } from './read-body.ts'
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
  const size = Number(request.headers['content-length'] ?? maxBodyBytes)
  const problem = problemOfHead(request, size, options.token)
  if (problem || mediaType === undefined) {
    refuse(request, response, problem ?? unsupported)
    return
  }
  const giveBack = options.budget.take(Math.max(size, 1) * costOfBody)
  if (giveBack === undefined) {
    refuse(request, response, problems.full)
    return
  }
  try {
    await takeBody(request, response, { ...options, mediaType })
  } finally {
    giveBack()
  }
}

const unsupported = problems.unsupportedMediaType(Object.values(mediaTypes))

/** What is wrong with a request before its body is read. */
function problemOfHead(
  request: IncomingMessage,
  size: number,
  token: string | undefined,
): Problem | undefined {
  if (token !== undefined && !showsToken(request, token)) return problems.noToken
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') return unsupported
  return size > maxBodyBytes ? problems.bodyTooLarge : undefined
}

async function takeBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: PostEventsOptions & { readonly mediaType: MediaType },
): Promise<void> {
  const read = await readBody(request)
  if (read.kind === 'gone') return
  if (read.kind === 'too-large') {
    refuse(request, response, problems.bodyTooLarge)
    return
  }
  const receivedAt = Date.now() * 1000
  const window = { receivedAt, retention: options.retention }
  const body = parseBody(read.body, options.mediaType, { window, origin: options.formOrigin })
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

/** Answers before the body has been read; the connection ends with it, as the rest is not wanted. */
function refuse(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const headers = { ...problem.headers, connection: 'close' }
  response.on('finish', () => {
    // What is already on its way would otherwise reset the connection before the answer is read.
    request.resume()
    request.setTimeout(1_000, () => request.destroy())
  })
  sendProblem(response, { ...problem, headers })
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
