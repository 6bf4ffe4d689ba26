import type { ColumnType, ColumnValue } from '../../../ledger/table-schema.ts'
import { readingFields } from '../fields.ts'
import type { Reading } from '../reading.ts'
import { ShortTexts } from './short-texts.ts'

const placeOf = (name: string): number => readingFields.findIndex((field) => field.name === name)
const at = {
  vin: placeOf('vin'),
  recordedAt: placeOf('timestamp'),
  sequence: placeOf('sequence'),
  latitude: placeOf('latitude'),
  longitude: placeOf('longitude'),
  altitude: placeOf('altitude'),
  speed: placeOf('speed'),
  heading: placeOf('heading'),
  make: placeOf('make'),
  model: placeOf('model'),
  metadata: placeOf('metadata'),
} as const satisfies Record<keyof Reading, number>

/** Collects the values of a reading in the order of the columns of its table. */
export class ReadingValues {
  readonly #values: ColumnValue[] = []
  readonly #texts = new ShortTexts()

  beginRow(): void {
    this.#values.length = 0
  }

  writeUtf8(bytes: Uint8Array, begin: number, end: number): void {
    this.#values.push(this.#texts.textOf(bytes, begin, end))
  }

  writeValue(_type: ColumnType, value: ColumnValue): void {
    this.#values.push(value)
  }

  /** The reading whose values were written since `beginRow`. */
  toReading(): Reading {
    const values = this.#values
    return {
      vin: values[at.vin] as string,
      recordedAt: values[at.recordedAt] as number,
      sequence: values[at.sequence] as number,
      latitude: values[at.latitude] as number,
      longitude: values[at.longitude] as number,
      altitude: values[at.altitude] as number | null,
      speed: values[at.speed] as number | null,
      heading: values[at.heading] as number | null,
      make: values[at.make] as string | null,
      model: values[at.model] as string | null,
      // Readings with metadata are left to `decodeReading`.
      metadata: null,
    }
  }
}
