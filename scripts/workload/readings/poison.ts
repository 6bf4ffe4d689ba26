import { randomBytes } from 'node:crypto'
import type { Message } from 'kafkajs'
import { Partitioners } from 'kafkajs'
import type { Fault } from '../../verify/faults/fault.ts'
import { repeatedlyOnceReachable } from '../../verify/faults/fault.ts'
import { createShortTimeoutKafka } from '../brokers.ts'
import type { WorkloadPlatform } from '../platform.ts'

/** Invalid records between valid ones, written to Kafka without the producer. */

const markerOf = (round: number): string => `poison ${randomBytes(6).toString('hex')} ${round}`

/** Each one is invalid in a different way. */
const invalidRecords: readonly ((marker: string) => Message)[] = [
  (marker) => ({ key: marker, value: `${marker} \u0000 {{{` }),
  (marker) => ({ key: null, value: Buffer.concat([Buffer.from(marker), randomBytes(300)]) }),
  (marker) => ({ key: marker, value: JSON.stringify({ vin: marker, speed: 'fast' }) }),
  (marker) => ({ key: marker, value: JSON.stringify([marker]) }),
  (marker) => ({ key: marker, value: `"${marker}"`, headers: { 'schema-version': '99' } }),
  (marker) => ({ key: marker, value: `"${marker}"`, headers: { 'received-at': 'yesterday' } }),
]

/** Keeps the markers of acknowledged records. A failed attempt is repeated with new markers. */
class Poisoner {
  readonly written: string[] = []
  #round = 0

  async write(platform: WorkloadPlatform): Promise<void> {
    const round = this.#round++
    const markers = invalidRecords.map((_, index) => `${markerOf(round)}-${index}`)
    const producer = createShortTimeoutKafka(platform.kafka).producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    })
    const messages = invalidRecords.map((sort, index) => sort(markers[index] ?? ''))
    try {
      await producer.connect()
      await producer.send({ topic: platform.config.kafka.topic, messages })
      this.written.push(...markers)
    } finally {
      await producer.disconnect()
    }
  }

  /** @throws Error if an invalid record has not become a dead letter */
  async expectDeadLetters({ pool }: WorkloadPlatform): Promise<void> {
    const { rows } = await pool.query<{ missing: number }>(
      `SELECT count(*)::int AS missing FROM unnest($1::text[]) AS marker
       WHERE NOT EXISTS (
         SELECT FROM dead_letter
         WHERE position(convert_to(marker, 'UTF8') IN record_value) > 0
       )`,
      [this.written],
    )
    const missing = rows[0]?.missing
    if (missing !== 0) throw new Error(`${missing} invalid records did not become dead letters`)
  }
}

/** All injections of a run share one list. Each check expects a dead letter for every entry. */
export function poison(): Fault {
  const poisoner = new Poisoner()
  return {
    name: 'poison',
    description: 'invalid records between valid ones, written directly to the topic',
    touches: ['kafka'],
    inject: (context) =>
      repeatedlyOnceReachable(context, [0.1, 0.6], async () => {
        await poisoner.write(context.platform)
      }),
    check: (platform) => poisoner.expectDeadLetters(platform),
  }
}
