import { parseReading } from '../../telemetry/reading/parse-reading.ts'
import type {
  DeviceRefusal,
  DeviceRefusalCode,
  TimeWindow,
} from '../../telemetry/reading/reading.ts'
import type { RecordCollector, SizedRecord } from '../events/collect-records.ts'
import { NotAcknowledgedError } from '../events/collect-records.ts'
import type { DeviceMessage } from '../formats/format.ts'
import type { Arrival } from '../receiving/records.ts'
import { headersOf, toRecord, toRefusedRecord } from '../receiving/records.ts'
import { numberReading } from './number-reading.ts'

/** What became of the messages of a request. */
export type MessageCounts = {
  readonly accepted: number
  readonly refused: readonly DeviceRefusalCode[]
  readonly withoutPosition: number
}

export type MessagesOutcome =
  | { readonly kind: 'settled'; readonly counts: MessageCounts }
  | { readonly kind: 'not-acknowledged' }

export type AcceptMessagesOptions = {
  readonly window: TimeWindow
  readonly arrival: Arrival
  readonly collector: RecordCollector
}

/**
 * Appends the readings of a request, and its refused messages as future dead letters. Resolves when Kafka has
 * acknowledged all of them. The client need not repeat the request then.
 */
export async function acceptMessages(
  messages: readonly DeviceMessage[],
  { window, arrival, collector }: AcceptMessagesOptions,
): Promise<MessagesOutcome> {
  const headers = headersOf(arrival)
  const records: SizedRecord[] = []
  const refused: DeviceRefusalCode[] = []
  for (const message of messages) {
    const settled = settle(message, window)
    if (settled.kind === 'without-position') continue
    if (settled.kind === 'accepted') {
      records.push(toRecord(settled.reading, headers))
    } else {
      refused.push(settled.refusal.code)
      records.push(toRefusedRecord(settled.original, settled.refusal, headers))
    }
  }
  const accepted = records.length - refused.length
  const counts = { accepted, refused, withoutPosition: messages.length - records.length }
  if (records.length === 0) return { kind: 'settled', counts }
  try {
    await collector.submit(records)
    return { kind: 'settled', counts }
  } catch (error) {
    if (error instanceof NotAcknowledgedError) return { kind: 'not-acknowledged' }
    throw error
  }
}

function settle(message: DeviceMessage, window: TimeWindow) {
  if (message.kind !== 'reading') return message
  const { original } = message
  if (original.deviceId === undefined)
    return { kind: 'refused', refusal: withoutVehicle, original } as const
  const parsed = parseReading(message.fields, window, { isSpeedRequired: false })
  if (parsed.ok) return { kind: 'accepted', reading: numberReading(parsed.reading) } as const
  return { kind: 'refused', refusal: parsed.refusal, original } as const
}

const withoutVehicle: DeviceRefusal = {
  code: 'missing-field',
  detail: 'The request names no vehicle. Set the device id in the app to the vin of the vehicle.',
}
