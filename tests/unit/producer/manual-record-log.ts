import { setImmediate as settled } from 'node:timers/promises'
import type { SizedRecord } from '../../../services/producer/events/collect-records.ts'
import type { AppendedAt, OutgoingRecord, RecordLog } from '../../../services/telemetry/ports.ts'

type Send = {
  readonly values: readonly string[]
  readonly answer: (positions: (AppendedAt | undefined)[]) => void
}

/** A log of one partition that acknowledges each send when the test says so. */
export class ManualRecordLog implements RecordLog {
  /** The values of the records of each send. */
  readonly sends: (readonly string[])[] = []
  readonly #open: Send[] = []
  #onSend: () => void = () => undefined
  #next = 0

  append(records: readonly OutgoingRecord[]): Promise<(AppendedAt | undefined)[]> {
    const values = records.map(({ value }) => value)
    this.sends.push(values)
    this.#onSend()
    return new Promise((answer) => {
      this.#open.push({ values, answer })
    })
  }

  /** Waits for that many sends: after one with something missing the collector pauses. */
  async waitForSends(count: number): Promise<void> {
    while (this.sends.length < count) {
      await new Promise<void>((resolve) => {
        this.#onSend = resolve
      })
    }
  }

  /** Acknowledges the send under way but for the values that got lost. */
  async acknowledge(lost: readonly string[] = []): Promise<void> {
    const send = this.#open.shift()
    if (send === undefined) throw new Error('no send is under way')
    send.answer(
      send.values.map((value) =>
        lost.includes(value) ? undefined : { partition: 0, offset: this.#next++ },
      ),
    )
    await settled()
  }
}

export function records(...values: readonly string[]): SizedRecord[] {
  return values.map((value) => sized(value, 100))
}

export function sized(value: string, bytes: number): SizedRecord {
  return { record: { key: 'k', value, headers: {} }, bytes }
}
