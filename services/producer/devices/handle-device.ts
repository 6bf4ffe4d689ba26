import type { ServerResponse } from 'node:http'
import { foreignOrigin, pageOfGet, unknownPage } from '../../adapters/http/guard.ts'
import type { Problem } from '../../adapters/http/problem.ts'
import { sendProblem } from '../../adapters/http/problem.ts'
import { methodNotAllowed } from '../../adapters/http/routing.ts'
import type { TokenCheck } from '../../adapters/http/tokens/token-check.ts'
import type { Micros } from '../../telemetry/time.ts'
import { toMicros } from '../../telemetry/time.ts'
import type { RecordCollector } from '../events/collect-records.ts'
import { maxReadings } from '../events/parse-body.ts'
import type { DeviceAnswer } from '../formats/format.ts'
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
  readonly deviceTokenCheck: Pick<TokenCheck, 'accepts' | 'isRequired'>
  /** Called for each request that was answered with 2xx. */
  readonly onMessages: (format: string, counts: MessageCounts) => void
  readonly onNotAcknowledged: () => void
}

type DeviceExchange = Exchange<DeviceOptions> & { readonly target: DeviceTarget }

/**
 * Handles a request of a phone or tracker. Responds after Kafka has acknowledged all of its messages. After an
 * answer other than 2xx, such a client repeats the request or drops it. So the answer is 2xx if all messages were
 * stored or refused for good, and 503 if the client should repeat the request.
 */
export async function handleDevice(exchange: DeviceExchange): Promise<void> {
  const { request, options } = exchange
  const problem =
    checkRequest(exchange) ?? checkBodyHeaders(request) ?? checkLimits(request, options)
  if (problem) {
    await refuse(exchange, toRepeat(problem))
    return
  }
  const reservation = options.memory.openReservation()
  try {
    const body = await receiveBody(exchange, reservation)
    if (body) await acceptBody(exchange, body)
  } finally {
    reservation.release()
  }
}

/** Checks method, origin and token. Returns the problem, if there is one. */
function checkRequest({ request, options, target }: DeviceExchange): Problem | undefined {
  const { methods } = target.format
  if (!methods.includes(request.method ?? '')) return methodNotAllowed(methods.join(', '))
  // A GET stores a reading here, so a page of another website must not send it. Other methods were checked before.
  const page = request.method === 'GET' ? pageOfGet(request.headers) : 'own-or-none'
  if (page === 'foreign') return foreignOrigin
  // A website does not know the token.
  if (page === 'unknown' && !options.deviceTokenCheck.isRequired) return unknownPage
  return options.deviceTokenCheck.accepts(request) ? undefined : problems.deviceTokenRequired
}

async function acceptBody(exchange: DeviceExchange, body: Buffer): Promise<void> {
  const { request, response, options, target } = exchange
  const { format, query } = target
  const { method = '', headers } = request
  const receivedAt = toMicros(Date.now())
  const messages = format.read({ method, headers, query, body })
  const problem = chargeClient(exchange, body.length, messages.length)
  if (problem || messages.length > maxReadings) {
    sendProblem(response, problem ? toRepeat(problem) : problems.tooManyReadings(maxReadings))
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
