import type { DecodedBatch, OriginalRecord } from '../../ledger/batch.ts'
import type { Delivery } from './batch-intake.ts'

/** A part of a delivered batch that one transaction stores. */
export type WaitingPart<Row> = {
  readonly delivery: Delivery<Row>
  readonly batch: DecodedBatch<Row>
}

/** Parts of several partitions that wait to be stored together. */
export class WaitingBatch<Row> {
  readonly #parts = new Map<number, WaitingPart<Row>[]>()
  #records = 0
  #bytes = 0

  get records(): number {
    return this.#records
  }

  /** Bytes of all records. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether nothing waits. A part without records waits too, because it moves the ledger. */
  get isEmpty(): boolean {
    return this.#parts.size === 0
  }

  /** All parts in the order in which they arrived, by partition. */
  get parts(): readonly WaitingPart<Row>[] {
    return [...this.#parts.values()].flat()
  }

  /** One batch for each partition. */
  get batches(): DecodedBatch<Row>[] {
    return [...this.#parts.values()].flatMap((parts) => joinBatches(parts))
  }

  /** The first offset of the partition that waits, or undefined if none waits. */
  firstOffsetOf(partition: number): number | undefined {
    return this.#parts.get(partition)?.[0]?.batch.expectedOffset
  }

  /** @param part continues the last one of its partition */
  add(part: WaitingPart<Row>): void {
    const { partition, entries } = part.batch
    const parts = this.#parts.get(partition)
    if (parts === undefined) this.#parts.set(partition, [part])
    else parts.push(part)
    this.#records += entries.length
    this.#bytes += bytesOf(part.batch)
  }

  /** Drops what waits of the partition. */
  drop(partition: number): void {
    for (const { batch } of this.#parts.get(partition) ?? []) {
      this.#records -= batch.entries.length
      this.#bytes -= bytesOf(batch)
    }
    this.#parts.delete(partition)
  }
}

function bytesOf({ entries }: DecodedBatch<unknown>): number {
  let bytes = 0
  for (const { original } of entries) bytes += original.size ?? sizeOf(original)
  return bytes
}

const sizeOf = ({ key, value }: OriginalRecord): number =>
  (key?.byteLength ?? 0) + (value?.byteLength ?? 0)

function joinBatches<Row>(parts: readonly WaitingPart<Row>[]): DecodedBatch<Row>[] {
  const [first, last] = [parts[0]?.batch, parts.at(-1)?.batch]
  if (first === undefined || last === undefined) return []
  const entries = parts.flatMap(({ batch }) => batch.entries)
  return [{ ...first, followingOffset: last.followingOffset, entries }]
}

/**
 * Cuts a batch after `records` entries. Both parts together cover the same offsets.
 *
 * @returns the second part is undefined if the first one is the whole batch
 */
export function cutBatch<Row>(
  batch: DecodedBatch<Row>,
  records: number,
): [DecodedBatch<Row>, DecodedBatch<Row> | undefined] {
  const boundary = batch.entries[records]?.offset
  if (boundary === undefined) return [batch, undefined]
  const [head, tail] = [batch.entries.slice(0, records), batch.entries.slice(records)]
  return [
    { ...batch, entries: head, followingOffset: boundary },
    { ...batch, entries: tail, expectedOffset: boundary },
  ]
}
