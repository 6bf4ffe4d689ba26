import { toConfig } from '../../../infra/config/config.ts'
import { acceptReadings } from '../../../services/producer/events/accept-readings.ts'
import { RecordCollector } from '../../../services/producer/events/collect-records.ts'
import type { OutgoingRecord } from '../../../services/telemetry/store-interfaces.ts'
import { refusalCodes } from '../../../services/telemetry/reading/reading.ts'
import { deadLetterCodes } from '../../../services/telemetry/reading/wire.ts'
import { aReading, noon } from '../builders.ts'
import type { Contract } from './frozen.ts'

/** A reading with every field. */
const reading = aReading({
  sequence: 1042,
  altitude: 33.37,
  heading: 2.14,
  make: 'Toyota',
  model: 'RAV4',
  metadata: { battery: 0.82 },
})

/** The topic, a record in it, and the codes of refusals and dead letters. */
export async function records(): Promise<Contract> {
  const { key, value, headers } = await recordOf()
  const found: Record<string, string> = {
    topic: toConfig({}).kafka.topic,
    key,
    value: String(value),
  }
  for (const [name, text] of Object.entries(headers)) found[`header ${name}`] = text
  for (const code of refusalCodes) found[`refusal ${code}`] = ''
  for (const code of deadLetterCodes) found[`dead letter ${code}`] = ''
  return found
}

/** The record that the producer appends for the reading. */
async function recordOf(): Promise<OutgoingRecord> {
  const appended: OutgoingRecord[] = []
  const collector = new RecordCollector({
    append: (all) => {
      appended.push(...all)
      return Promise.resolve(all.map((_, offset) => ({ partition: 0, offset })))
    },
  })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const arrival = { receivedAt: noon, traceparent }
  await acceptReadings([{ ok: true, reading }], arrival, { collector, currentLogId: () => 1 })
  const [record] = appended
  if (record === undefined) throw new Error('the producer did not append a record')
  return record
}
