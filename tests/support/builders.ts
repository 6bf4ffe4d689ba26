import fc from 'fast-check'
import type { KafkaMessage } from 'kafkajs'
import { ClientRecord } from '../../services/adapters/kafka/consumed-batch.ts'
import type { DeadLetter } from '../../services/ledger/dead-letter.ts'
import type { DecodedBatch, DecodedEntry, OriginalRecord } from '../../services/ledger/batch.ts'
import type {
  JsonObject,
  Reading,
  ReceivedReading,
  TimeWindow,
} from '../../services/telemetry/reading/reading.ts'
import { microsecondsPerDay } from '../../services/telemetry/reading/reading.ts'
import { toIsoMicroseconds } from '../../services/telemetry/time.ts'
import { encodeReading } from '../../services/telemetry/reading/wire.ts'

/** 2026-01-31T12:00:00Z in microseconds: the time at which the builders' readings are received. */
export const noon = 1_769_860_800_000_000

export function aWindow(overrides: Partial<TimeWindow> = {}): TimeWindow {
  return { receivedAt: noon, retentionMicros: 30 * microsecondsPerDay, ...overrides }
}

/** A reading as a client sends it, with only the required fields. */
export function aReadingJson(overrides: Readonly<Record<string, unknown>> = {}): JsonObject {
  return {
    vin: '1AVTB2C37R0000042',
    timestamp: '2026-01-31T11:59:59.250Z',
    latitude: 37.7209977,
    longitude: -122.4723053,
    speed: 7.823,
    ...overrides,
  }
}

/** The parsed form of `aReadingJson`. */
export function aReading(overrides: Partial<Reading> = {}): Reading {
  return {
    vin: '1AVTB2C37R0000042',
    recordedAt: noon - 750_000,
    sequence: 0,
    latitude: 37.7209977,
    longitude: -122.4723053,
    altitude: null,
    speed: 7.823,
    heading: null,
    make: null,
    model: null,
    metadata: null,
    ...overrides,
  }
}

const anOriginal: OriginalRecord = { key: null, value: null, headers: [], appendedAt: noon }

/**
 * A record of a reading as kafkajs delivers it, appended at noon. `overrides` are fields of
 * kafkajs.
 */
export function aConsumedRecord(
  offset: number,
  overrides: Partial<Pick<KafkaMessage, 'value' | 'headers'>> = {},
): ClientRecord {
  return new ClientRecord({
    offset: String(offset),
    timestamp: String(noon / 1000),
    attributes: 0,
    key: null,
    value: Buffer.from(encodeReading(aReading({ sequence: offset }))),
    headers: {},
    ...overrides,
  })
}

/** An open dead letter of a reading whose speed was out of range, without key and value. */
export function aDeadLetter(overrides: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: 7,
    position: { logId: 1, partition: 3, offset: 1042 },
    isLine: false,
    code: 'out-of-range',
    detail: 'speed 900 is outside [0, 500] m/s.',
    diedAt: noon + 1_000_000,
    state: 'open',
    original: anOriginal,
    redriven: undefined,
    discarded: undefined,
    ...overrides,
  }
}

/** A reading at an offset. Its row key is unique unless `reading` changes it. */
export function anEntry(
  offset: number,
  reading: Partial<Reading> = {},
): DecodedEntry<ReceivedReading> {
  return {
    kind: 'row',
    offset,
    row: { reading: aReading({ sequence: offset, ...reading }), receivedAt: noon },
    original: anOriginal,
  }
}

/** One batch of entries that starts at its expected offset. */
export function aBatch(
  entries: readonly DecodedEntry<ReceivedReading>[],
  overrides: Partial<DecodedBatch<ReceivedReading>> = {},
): DecodedBatch<ReceivedReading> {
  return {
    logId: 1,
    partition: 0,
    expectedOffset: entries[0]?.offset ?? 0,
    followingOffset: (entries.at(-1)?.offset ?? -1) + 1,
    entries,
    ...overrides,
  }
}

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const shortText = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => {
  return Array.from(text).length <= 40
})
// Parsed from JSON like real metadata. fast-check also generates -0 and objects without a
// prototype.
const metadata = fc
  .dictionary(fc.string({ maxLength: 12 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)
  .filter((value) => Buffer.byteLength(JSON.stringify(value)) <= 4096)

/** Any reading as JSON that is valid within `aWindow()`. */
export const anyReadingJson: fc.Arbitrary<JsonObject> = fc.record(
  {
    vin: fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/),
    timestamp: fc
      .integer({ min: noon - 30 * microsecondsPerDay, max: noon + 300_000_000 })
      .map(toIsoMicroseconds),
    latitude: number(-90, 90),
    longitude: number(-180, 180),
    speed: number(0, 500),
    sequence: fc.integer({ min: 0, max: 2 ** 52 - 1 }),
    altitude: fc.option(number(-1e6, 1e6)),
    heading: fc.double({ min: 0, max: 360, maxExcluded: true, noNaN: true }),
    make: fc.option(shortText),
    model: shortText,
    metadata: fc.option(metadata),
  },
  { requiredKeys: ['vin', 'timestamp', 'latitude', 'longitude', 'speed'] },
)
