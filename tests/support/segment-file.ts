import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Tenant } from './tenant.ts'

/** A batch of records in the file of a partition. */
export type BatchInFile = {
  /** Where it starts in the file. */
  readonly at: number
  readonly firstOffset: number
  readonly lastOffset: number
}

/** Distances from the start of a batch, in bytes (Kafka documentation, "Record Batch"). */
export const batchFields = {
  ...{ firstOffset: 0, length: 8, format: 16, checksum: 17 },
  /** The lowest three bits. */
  codec: 22,
} as const
const lengthOfHead = 12
const lastOffsetDeltaAt = 23

/** The first file with the records of a partition on a broker. Changes it while the broker runs. */
export class SegmentFile {
  readonly path: string

  constructor({ config, deployment }: Tenant, partition: number, broker = 'kafka-0') {
    const folder = join(deployment.folders.data, broker)
    const path = join(`${config.kafka.topic}-${partition}`, `${'0'.repeat(20)}.log`)
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    this.path = join(folder, names.find((name) => name.endsWith(path)) ?? '')
  }

  batches(): BatchInFile[] {
    const bytes = readFileSync(this.path)
    const batches: BatchInFile[] = []
    for (let at = 0; at < bytes.length; at += lengthOfHead + bytes.readInt32BE(at + 8)) {
      const firstOffset = Number(bytes.readBigInt64BE(at))
      const lastOffset = firstOffset + bytes.readInt32BE(at + lastOffsetDeltaAt)
      batches.push({ at, firstOffset, lastOffset })
    }
    return batches
  }

  /** Where a text is in the file, from `after` on. */
  find(text: string, after: number): number {
    return readFileSync(this.path).indexOf(text, after)
  }

  byteAt(at: number): number {
    return readFileSync(this.path)[at] ?? 0
  }

  /** Inverts one bit. A second call restores it. */
  flipBit(at: number, bit: number): void {
    const byte = readFileSync(this.path)[at] ?? 0
    const file = openSync(this.path, 'r+')
    writeSync(file, Buffer.from([byte ^ (1 << bit)]), 0, 1, at)
    closeSync(file)
  }
}
