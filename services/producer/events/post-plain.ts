import type { HandlePlain, PlainRequest } from '../../adapters/http/plain/plain-connection.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { problemAnswer } from '../../adapters/http/problem.ts'
import { internalError } from '../../adapters/http/routing.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ParsedReading } from '../../telemetry/reading/reading.ts'
import type { Micros } from '../../telemetry/time.ts'
import { toMicros } from '../../telemetry/time.ts'
import type { Access } from '../access/access.ts'
import { credentialsOf } from '../access/tokens-of-request.ts'
import { chargeClient, exceededLimit, memoryOf } from '../receiving/receive-body.ts'
import { mediaTypes, parseBody } from './parse-body.ts'
import type { PostEventsOptions } from './post-events.ts'
import { answerReadings, withVins } from './post-events.ts'

export type PostPlainOptions = PostEventsOptions & {
  readonly access: Pick<Access, 'callerOf' | 'vinsOf'>
  readonly logger: Logger
}

/**
 * `postEvents` for plain requests whose readings are all valid and allowed. All checks come first and count nothing.
 * If one fails, `postEvents` handles the request. So there is one place for each refusal, its metric and its log line.
 */
export function postPlain(options: PostPlainOptions): HandlePlain {
  return (request) => {
    try {
      return accept(request, options)
    } catch {
      // A bug. `postEvents` meets it too, logs it and answers 500.
      return undefined
    }
  }
}

function accept(request: PlainRequest, options: PostPlainOptions): Promise<Answer> | undefined {
  const { access, memory, logger } = options
  const caller = access.callerOf(credentialsOf(request))
  if (caller === undefined) return undefined
  const exchange = { request, options, caller }
  if (exceededLimit(exchange) !== undefined) return undefined
  const receivedAt = toMicros(Date.now())
  const parsed = parseValid(request, receivedAt, options)
  const vins = parsed && access.vinsOf(caller, parsed.map(vinOf))
  if (parsed === undefined || vins === undefined) return undefined
  const bytes = request.body.length
  const reservation = memory.reserve(memoryOf(bytes))
  if (reservation === undefined) return undefined
  // It cannot fail: the rate limit was checked above.
  chargeClient(exchange, bytes, parsed.length)
  const arrival = { receivedAt, traceparent: undefined }
  return answerReadings(withVins(parsed, vins), arrival, options).then(
    (answer) => {
      reservation.release()
      return answer
    },
    (error: unknown) => {
      reservation.release()
      return problemAnswer(internalError(error, logger))
    },
  )
}

type Valid = Extract<ParsedReading, { ok: true }>

/** The readings of the body; undefined if it is not readable, has no reading, or has an invalid one. */
function parseValid(
  { body }: PlainRequest,
  receivedAt: Micros,
  { retentionMicros, formOrigin }: PostEventsOptions,
): readonly Valid[] | undefined {
  const window = { receivedAt, retentionMicros }
  const parsed = parseBody(body, mediaTypes.json, { window, origin: formOrigin })
  if (parsed.kind !== 'readings' || parsed.parsed.length === 0) return undefined
  return parsed.parsed.every(isValid) ? parsed.parsed : undefined
}

function isValid(parsed: ParsedReading): parsed is Valid {
  return parsed.ok
}

function vinOf({ reading }: Valid): string {
  return reading.vin
}
