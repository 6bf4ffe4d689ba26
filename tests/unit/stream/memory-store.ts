import type {
  DecodedBatch,
  DecodedEntry,
  MultiPartitionStore,
  RefusedEntry,
  RowEntry,
  WriteOutcome,
  WritePath,
} from '../../../services/ledger/batch.ts'
import { emptyEntry } from '../../../services/ledger/ledger.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'

type Written = { readonly path: WritePath; readonly offsets: readonly number[] }

/** A store of one partition in memory. It has the same rules as the database. */
export class MemoryStore implements MultiPartitionStore<ReceivedReading> {
  /** Every call, with any outcome. */
  readonly calls: Written[] = []
  readonly storedOffsets: number[] = []
  readonly deadLetters: { offset: number; code: string; detail: string }[] = []
  /** Offsets of readings whose row the store refuses. The path divide makes dead letters of them. */
  readonly refusedOffsets = new Set<number>()
  /** Offsets of readings that the store refuses on every path. */
  readonly unreadableOffsets = new Set<number>()
  /** Offsets of readings that the direct path leaves out. */
  readonly leftOutOffsets = new Set<number>()
  readonly #keys = new Set<string>()
  nextOffset = 0

  get paths(): WritePath[] {
    return this.calls.map(({ path }) => path)
  }

  write(batch: DecodedBatch<ReceivedReading>, path: WritePath): Promise<WriteOutcome> {
    this.calls.push({ path, offsets: batch.entries.map(({ offset }) => offset) })
    return Promise.resolve(this.#settle(batch, path))
  }

  /** It has one partition, so there are never batches of several partitions. */
  writeTogether(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  #settle(batch: DecodedBatch<ReceivedReading>, path: WritePath): WriteOutcome {
    if (batch.expectedOffset !== this.nextOffset) return { kind: 'ledger-moved' }
    const { expectedOffset, followingOffset } = batch
    const outside = batch.entries.find(
      ({ offset }) => offset < expectedOffset || offset >= followingOffset,
    )
    if (outside) throw new Error(`offset ${outside.offset} is outside its batch`)
    const failure = this.#failureOf(batch, path)
    if (failure) return failure
    const entries = batch.entries.map((entry) =>
      entry.kind === 'row' && this.refusedOffsets.has(entry.offset) ? toRefused(entry) : entry,
    )
    const readings = entries.filter((entry) => entry.kind === 'row')
    const taken = readings.filter((entry) => this.#keys.has(keyOf(entry)))
    if (taken.length > 0 && path === 'direct') return { kind: 'key-taken' }
    for (const entry of entries) this.#keep(entry)
    this.nextOffset = batch.followingOffset
    const deadLettered = entries.length - readings.length
    const stored = readings.length - taken.length
    const counts = { stored, duplicate: taken.length, deadLettered }
    return { kind: 'written', entry: { ...emptyEntry, ...counts } }
  }

  /** Why nothing of the batch is written, or undefined. */
  #failureOf(batch: DecodedBatch<ReceivedReading>, path: WritePath): WriteOutcome | undefined {
    const offsets = batch.entries.filter(({ kind }) => kind === 'row').map(({ offset }) => offset)
    const unreadable = offsets.find((offset) => this.unreadableOffsets.has(offset))
    const refused = offsets.find((offset) => this.refusedOffsets.has(offset))
    const failing = unreadable ?? (path === 'divide' ? undefined : refused)
    if (failing !== undefined)
      return { kind: 'value-refused', detail: `offset ${failing} is invalid` }
    const isLeftOut = offsets.some((offset) => this.leftOutOffsets.has(offset))
    return isLeftOut && path === 'direct' ? { kind: 'rows-missing' } : undefined
  }

  #keep(entry: DecodedEntry<ReceivedReading>): void {
    if (entry.kind === 'refused') {
      const { offset, code, detail } = entry
      this.deadLetters.push({ offset, code, detail })
    } else if (!this.#keys.has(keyOf(entry))) {
      this.#keys.add(keyOf(entry))
      this.storedOffsets.push(entry.offset)
    }
  }
}

function toRefused({ offset, original }: RowEntry<ReceivedReading>): RefusedEntry {
  const detail = `offset ${offset} is invalid`
  return { kind: 'refused', offset, original, code: 'refused-by-database', detail }
}

function keyOf(entry: DecodedEntry<ReceivedReading>): string {
  if (entry.kind === 'refused') return ''
  const { vin, recordedAt, sequence } = entry.row.reading
  return `${vin} ${recordedAt} ${sequence}`
}
