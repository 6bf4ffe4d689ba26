import type { DecodedEntry, SourceRecord } from '../../../ledger/batch.ts'
import { encodedBytesOf } from '../../../ledger/copy/encoded-bytes.ts'
import type { RowEncoder } from '../../../ledger/copy/row-encoder.ts'
import type { Column } from '../../../ledger/table-schema.ts'
import type { Micros } from '../../time.ts'
import { decodeReading } from '../decode-reading.ts'
import type { ReceivedReading } from '../reading.ts'
import { EncodedReading } from './encoded-reading.ts'
import { ReadingValues } from './reading-values.ts'
import { ReadingWriter } from './reading-writer.ts'

type Decode = (record: SourceRecord) => DecodedEntry<ReceivedReading>

/** Where rows of the table of readings are encoded. */
export type ReadingRows = {
  readonly encoder: RowEncoder
  readonly columns: readonly Column<ReceivedReading>[]
}

/**
 * Returns a decoder of the readings' topic that encodes each row at once. The values of a reading are not kept: those
 * of large metadata would take many times the memory of their bytes.
 *
 * @param retentionMicros microseconds for which readings are kept
 */
export function createEncodingDecoder(rows: ReadingRows, retentionMicros: Micros): Decode {
  const { encoder } = rows
  const writer = new ReadingWriter(encoder, retentionMicros)
  return (record) => {
    if (!writer.write(record))
      return encodeEntry(decodeReading(record, retentionMicros), record, rows)
    const { recordedAt, receivedAt } = writer
    return new EncodedReading(record, encoder.endRow(), {
      vin: writer.vin(),
      recordedAt,
      receivedAt,
    })
  }
}

/** Encodes the row of a reading whose values are known. */
function encodeEntry(
  entry: DecodedEntry<ReceivedReading>,
  record: SourceRecord,
  { encoder, columns }: ReadingRows,
): DecodedEntry<ReceivedReading> {
  if (entry.kind === 'refused') return entry
  const { row } = entry
  const values = columns.map(({ valueOf }) => valueOf(row))
  encoder.beginRow(values.reduce<number>((sum, value) => sum + encodedBytesOf(value), 0))
  for (const [index, { type }] of columns.entries()) encoder.writeValue(type, values[index] ?? null)
  const { vin, recordedAt } = row.reading
  return new EncodedReading(record, encoder.endRow(), {
    vin,
    recordedAt,
    receivedAt: row.receivedAt,
  })
}

/** Returns a decoder of the readings' topic that makes no JSON values of usual records. */
export function createQuickDecoder(retentionMicros: Micros): Decode {
  const values = new ReadingValues()
  const writer = new ReadingWriter(values, retentionMicros)
  return (record) => {
    if (!writer.write(record)) return decodeReading(record, retentionMicros)
    const row = { reading: values.toReading(), receivedAt: writer.receivedAt }
    return { kind: 'row', offset: record.offset, row, original: record }
  }
}
