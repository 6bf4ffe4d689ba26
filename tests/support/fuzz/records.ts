import type { Message } from 'kafkajs'
import type { Random } from '../../../fleet/random.ts'
import type { ApiDocument } from './fuzz-request.ts'
import { pick, textOf, validValue, wholeBetween } from './schema-values.ts'
import { randomBytes, corruptBytes, corruptObject } from './corrupt.ts'

/** Records as other programs may write them into the topic: valid, almost valid and random. */
export function* fuzzRecords(document: ApiDocument, random: Random): Generator<Message, never> {
  const { schemas } = document.components
  for (;;) {
    const reading = validValue(schemas['Reading'] ?? {}, schemas, random) as Record<string, unknown>
    const headers = random() < 0.5 ? usualHeaders() : oddHeaders(random)
    yield { key: someKey(reading, random), value: someValue(reading, random), headers }
  }
}

function someKey({ vin }: Record<string, unknown>, random: Random): Buffer | string | null {
  return pick([vin as string, vin as string, null, '', randomBytes(random)], random)
}

function someValue(reading: Record<string, unknown>, random: Random): Buffer | null {
  const bytes = Buffer.from(JSON.stringify(reading))
  switch (wholeBetween(0, 4, random)) {
    case 0:
      return bytes
    case 1:
      return Buffer.from(JSON.stringify(corruptObject(reading, random)))
    case 2:
      return corruptBytes(bytes, random)
    case 3:
      return randomBytes(random)
    default:
      return random() < 0.5 ? null : Buffer.alloc(0)
  }
}

function usualHeaders(): Record<string, string> {
  return { 'schema-version': '1', 'received-at': new Date().toISOString() }
}

function oddHeaders(random: Random): Record<string, string | Buffer> {
  const value = (): string | Buffer =>
    pick(
      ['', '1', 'soon', '2026-13-01T00:00:00Z', '9999-12-31T23:59:59Z', randomBytes(random)],
      random,
    )
  const names = [
    'schema-version',
    'received-at',
    'traceparent',
    'constructor',
    '',
    textOf(5, random),
  ]
  return Object.fromEntries(names.filter(() => random() < 0.4).map((name) => [name, value()]))
}
