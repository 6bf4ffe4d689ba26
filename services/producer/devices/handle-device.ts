import type { IncomingMessage, ServerResponse } from 'node:http'
import { foreignOrigin, pageOfGet, unknownPage } from '../../adapters/http/guard.ts'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendProblem } from '../../adapters/http/problem.ts'
import { methodNotAllowed } from '../../adapters/http/routing.ts'
import type { Micros } from '../../telemetry/time.ts'
import { toMicros } from '../../telemetry/time.ts'
import type { Access, Caller } from '../access/access.ts'
import { credentialsOf, withoutToken } from '../access/tokens-of-request.ts'
import type { RecordCollector } from '../events/collect-records.ts'
import { maxReadings } from '../events/parse-body.ts'
import type { DeviceAnswer, DeviceMessage } from '../formats/format.ts'
import * as problems from '../problems.ts'
import type { Exchange, ReceivingLimits } from '../receiving/receive-body.ts'
import {
  chargeClient,
  checkBodyHeaders,
  checkLimits,
  receiveBody,
  refuse,
  traceparentOf,
} from '../receiving/receive-body.ts'
import type { MessageCounts } from './accept-messages.ts'
import { acceptMessages } from './accept-messages.ts'
import type { DeviceTarget } from './device-path.ts'

export type DeviceOptions = ReceivingLimits & {
  readonly collector: RecordCollector
  /** Older readings are refused. */
  readonly retentionMicros: Micros
  readonly access: Pick<Access, 'admit' | 'afterFailure' | 'afterRefusal' | 'resolve'>
  /** Called for each request that was answered with 2xx. */
  readonly onMessages: (format: string, counts: MessageCounts) => void
  readonly onNotAcknowledged: () => void
}

type DeviceExchange = Exchange<DeviceOptions> & { readonly target: DeviceTarget }
type AdmittedExchange = DeviceExchange & { readonly caller: Caller }

/**
 * Handles a request of a phone or tracker. Responds after Kafka has acknowledged all of its messages. After an
 * answer other than 2xx, such a client repeats the request or drops it. So the answer is 2xx if all messages were
 * stored or refused for good, and 503 if the client should repeat the request.
 */
export async function handleDevice(exchange: DeviceExchange): Promise<void> {
  const admitted = admit(exchange)
  if ('problem' in admitted) {
    const { request, options } = exchange
    const problem =
      admitted.problem === problems.deviceTokenRequired
        ? await options.access.afterFailure(request, admitted.problem)
        : admitted.problem
    await refuse(exchange, toRepeat(problem))
    return
  }
  const { memory } = admitted.options
  const reservation = memory.openReservation()
  try {
    const body = await receiveBody(admitted, reservation)
    if (body) await acceptBody(admitted, body)
  } finally {
    reservation.release()
  }
}

/** Checks a request before its body is read. */
function admit(exchange: DeviceExchange): AdmittedExchange | { readonly problem: Problem } {
  const { request, options, target } = exchange
  const { methods } = target.format
  if (!methods.includes(request.method ?? ''))
    return { problem: methodNotAllowed(methods.join(', ')) }
  const page = pageOf(request)
  if (page === 'foreign') return { problem: foreignOrigin }
  const admission = options.access.admit(request, credentialsOf(request, target.tokens))
  if (admission.kind !== 'admitted')
    return admission.kind === 'refused' ? admission : { problem: problems.deviceTokenRequired }
  const { caller } = admission
  // A website does not know the token.
  if (page === 'unknown' && caller.kind === 'anonymous') return { problem: unknownPage }
  const admitted = { ...exchange, caller }
  const problem = checkBodyHeaders(request) ?? checkLimits(admitted)
  return problem ? { problem } : admitted
}

/** A GET stores a reading here, so a page of another website must not send it. Other methods were checked before. */
function pageOf({ method, headers }: IncomingMessage) {
  return method === 'GET' ? pageOfGet(headers) : 'own-or-none'
}

async function acceptBody(exchange: AdmittedExchange, body: Buffer): Promise<void> {
  const { request, response, options, target, caller } = exchange
  const { format, query } = target
  const { method = '', headers } = request
  const receivedAt = toMicros(Date.now())
  const content = caller.kind === 'anonymous' ? body : withoutToken(body, caller.token)
  const read = format.read({ method, headers, query, body: content })
  const problem = chargeClient(exchange, body.length, read.length)
  if (problem || read.length > maxReadings) {
    sendProblem(response, problem ? toRepeat(problem) : problems.tooManyReadings(maxReadings))
    return
  }
  const messages = toAllowed(read, exchange)
  if (!Array.isArray(messages)) {
    sendProblem(response, await options.access.afterRefusal(request, caller, messages))
    return
  }
  const outcome = await acceptMessages(messages, {
    window: { receivedAt, retentionMicros: options.retentionMicros },
    arrival: { receivedAt, traceparent: traceparentOf(request) },
    collector: options.collector,
  })
  if (outcome.kind === 'not-acknowledged') {
    options.onNotAcknowledged()
    sendProblem(response, problems.notAcknowledged)
    return
  }
  options.onMessages(format.name, outcome.counts)
  sendAnswer(response, format.answer)
}

/** The messages with the vins of their vehicles, or why the caller may not report them. */
function toAllowed(
  messages: readonly DeviceMessage[],
  { options, caller }: AdmittedExchange,
): DeviceMessage[] | Problem {
  const ids = messages.map((message) =>
    message.kind === 'without-position' ? undefined : message.original.deviceId,
  )
  const resolution = options.access.resolve(caller, ids)
  if (resolution.kind === 'refused') return resolution.problem
  return messages.map((message, index) => withVin(message, resolution.vins[index]))
}

function withVin(message: DeviceMessage, vin: string | undefined): DeviceMessage {
  if (message.kind === 'without-position' || vin === undefined) return message
  const original = { ...message.original, deviceId: vin }
  if (message.kind === 'refused') return { ...message, original }
  return { ...message, fields: { ...message.fields, vin }, original }
}

/** After 429, some clients drop the request, because it is a 4xx. */
function toRepeat(problem: Problem): Problem {
  return problem.status === 429 ? { ...problem, status: 503 } : problem
}

function sendAnswer(response: ServerResponse, { contentType, body }: DeviceAnswer): void {
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  })
  response.end(body)
}
