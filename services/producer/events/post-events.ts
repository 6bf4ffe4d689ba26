import { toMicros } from '../../telemetry/time.ts'
import type { Micros } from '../../telemetry/time.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer, Problem } from '../../adapters/http/problem.ts'
import { jsonAnswer, problemAnswer, sendAnswer, sendProblem } from '../../adapters/http/problem.ts'
import type { ParsedReading } from '../../telemetry/reading/reading.ts'
import type { GeoPosition } from '../../telemetry/track/geo.ts'
import type { Access, Caller } from '../access/access.ts'
import { credentialsOf } from '../access/tokens-of-request.ts'
import type { Exchange, ReceivingLimits } from '../receiving/receive-body.ts'
import {
  chargeClient,
  checkBodyHeaders,
  checkLimits,
  receiveBody,
  refuse,
  traceparentOf,
} from '../receiving/receive-body.ts'
import type { Arrival } from '../receiving/records.ts'
import type { AcceptOptions, AcceptOutcome } from './accept-readings.ts'
import { acceptReadings } from './accept-readings.ts'
import type { MediaType, ParsedBody } from './parse-body.ts'
import { maxReadings, mediaTypes, parseBody, toMediaType } from './parse-body.ts'
import { hasPositionInQuery, keepsUnknownFields } from './reading-in-query.ts'
import * as problems from '../problems.ts'

export type PostEventsOptions = AcceptOptions &
  ReceivingLimits & {
    readonly access: Pick<Access, 'admit' | 'afterFailure' | 'afterRefusal' | 'resolve'>
    /** Older readings are refused. */
    readonly retentionMicros: Micros
    readonly formOrigin: GeoPosition
    /** Called with the outcome of each request whose readings were parsed. */
    readonly onOutcome: (outcome: AcceptOutcome) => void
  }

type EventsExchange = Exchange<PostEventsOptions> & { readonly caller: Caller }

/** Handles `POST /events`, up to Kafka's acknowledgement of every valid reading in it. */
export async function postEvents(
  request: IncomingMessage,
  response: ServerResponse,
  options: PostEventsOptions,
): Promise<void> {
  const admission = options.access.admit(request, credentialsOf(request))
  if (admission.kind !== 'admitted') {
    const problem =
      admission.kind === 'refused'
        ? admission.problem
        : await options.access.afterFailure(request, problems.tokenRequired)
    await refuse({ request, response, options }, problem)
    return
  }
  const exchange = { request, response, options, caller: admission.caller }
  const mediaType = toMediaType(request.headers['content-type'])
  const problem = checkHeaders(request) ?? checkLimits(exchange)
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

const unsupported = problems.unsupportedMediaType(Object.values(mediaTypes))

/** Checks the headers before the body is read. Returns the problem, if there is one. */
function checkHeaders(request: IncomingMessage): Problem | undefined {
  return hasPositionInQuery(request) ? problems.readingNotInBody : checkBodyHeaders(request)
}

/** Parses the body, applies the rate limit and appends the valid readings to the topic. */
async function acceptBody(
  exchange: EventsExchange,
  bytes: Buffer,
  mediaType: MediaType,
): Promise<void> {
  const { request, response, options } = exchange
  const receivedAt = toMicros(Date.now())
  const body = parseBody(bytes, mediaType, {
    window: { receivedAt, retentionMicros: options.retentionMicros },
    origin: options.formOrigin,
    keepsUnknownFields: keepsUnknownFields(request),
  })
  const readings = body.kind === 'readings' ? body.parsed.length : 0
  const problem = chargeClient(exchange, bytes.length, readings)
  if (problem) sendProblem(response, problem)
  else await respond(exchange, body, { receivedAt, traceparent: traceparentOf(request) })
}

async function respond(
  { request, response, options, caller }: EventsExchange,
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
  const allowed = toAllowed(body.parsed, caller, options)
  if (!Array.isArray(allowed)) {
    sendProblem(response, await options.access.afterRefusal(request, caller, allowed))
    return
  }
  sendAnswer(response, await answerReadings(allowed, arrival, options))
}

/** Appends the valid readings. Resolves with the answer when Kafka has acknowledged them. */
export async function answerReadings(
  parsed: readonly ParsedReading[],
  arrival: Arrival,
  options: PostEventsOptions,
): Promise<Answer> {
  const outcome = await acceptReadings(parsed, arrival, options)
  options.onOutcome(outcome)
  switch (outcome.kind) {
    case 'accepted':
      return jsonAnswer(202, outcome.answer)
    case 'all-refused':
      return problemAnswer(problems.noReadingAccepted(outcome.rejected))
    case 'not-acknowledged':
      return problemAnswer(problems.notAcknowledged)
    default:
      return outcome satisfies never
  }
}

/** The readings with the vins of their vehicles, or why the caller may not report them. */
function toAllowed(
  parsed: readonly ParsedReading[],
  caller: Caller,
  { access }: PostEventsOptions,
): ParsedReading[] | Problem {
  const ids = parsed.map((item) => (item.ok ? item.reading.vin : undefined))
  const resolution = access.resolve(caller, ids)
  if (resolution.kind === 'refused') return resolution.problem
  return withVins(parsed, resolution.vins)
}

/** The readings with these vins, in the same order. */
export function withVins(
  parsed: readonly ParsedReading[],
  vins: readonly (string | undefined)[],
): ParsedReading[] {
  return parsed.map((item, index) => {
    const vin = vins[index]
    if (!item.ok || vin === undefined || vin === item.reading.vin) return item
    return { ok: true, reading: { ...item.reading, vin } }
  })
}
