import type { HttpResponse } from '../../fleet/uplink/response.ts'
import { MemoryJournal } from '../../fleet/journal/memory-journal.ts'
import type { BatchLimit, JournalEntry } from '../../fleet/uplink/journal.ts'
import { RetryPause } from '../../fleet/uplink/retry-pause.ts'
import type { RefusedReading } from '../../fleet/uplink/refused-file.ts'
import { Uplink } from '../../fleet/uplink/uplink.ts'
import type { Reading } from '../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../services/telemetry/reading/wire.ts'
import { ManualClock } from './manual-clock.ts'
import { InMemoryServer } from './in-memory-server.ts'
import { captureLog } from './captured-log.ts'

export function aReading(sequence: number): Reading {
  const place = { latitude: 1, longitude: 2, altitude: null, speed: 3, heading: null }
  const rest = { make: null, model: null, metadata: null }
  return { vin: 'V1', recordedAt: 1_800_000_000_000_000, sequence, ...place, ...rest }
}

/** Readings of one vehicle with consecutive sequence numbers. */
export function readings(first: number, count: number): Reading[] {
  return Array.from({ length: count }, (_, at) => aReading(first + at))
}

/** A journal that a test can make unreadable. */
class UnreadableJournal extends MemoryJournal {
  isReadable = true

  override take(limit: BatchLimit): JournalEntry[] {
    return this.isReadable ? super.take(limit) : []
  }
}

/**
 * An uplink that sends to an in-memory server and runs on a manual clock. `stored` is in its
 * journal.
 */
export function anUplink(
  capacity = 10_000,
  backlogPerSecond = 10_000,
  stored: readonly Reading[] = [],
) {
  const [clock, server] = [new ManualClock(), new InMemoryServer()]
  const refused: RefusedReading[] = []
  const { logger, lines } = captureLog()
  const journal = new UnreadableJournal(capacity)
  void journal.append(stored.map((reading) => ({ ...reading, text: encodeReading(reading) })))
  const uplink = new Uplink({
    post: server,
    backlogPerSecond,
    journal,
    retryPause: new RetryPause(clock, () => 0.5),
    clock,
    logger,
    writeRefused: (more) => {
      refused.push(...more)
      return Promise.resolve()
    },
  })
  return {
    clock,
    server,
    uplink,
    journal,
    refused,
    events: () => lines.map(({ event }) => event),
  }
}

/** A response that the test sends later, with `resolveAnswer`. */
export function deferredAnswer(): {
  answer: Promise<HttpResponse>
  resolveAnswer: (answer: HttpResponse) => void
} {
  let resolveAnswer: (answer: HttpResponse) => void = () => undefined
  const answer = new Promise<HttpResponse>((resolve) => {
    resolveAnswer = resolve
  })
  return { answer, resolveAnswer }
}
