import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SizedRecord } from '../../../services/producer/events/collect-records.ts'
import type {
  AppendedAt,
  OutgoingRecord,
  RecordAppender,
} from '../../../services/telemetry/store-interfaces.ts'

type Send = {
  readonly values: readonly string[]
  readonly answer: (positions: (AppendedAt | undefined)[]) => void
}

/** A topic with one partition. The test decides when each send is acknowledged. */
export class ManualRecordAppender implements RecordAppender {
  /** The record values of each send. */
  readonly sends: (readonly string[])[] = []
  readonly #unanswered: Send[] = []
  #onSend: () => void = () => undefined
  #next = 0

  append(records: readonly OutgoingRecord[]): Promise<(AppendedAt | undefined)[]> {
    const values = records.map(({ value }) => String(value))
    this.sends.push(values)
    this.#onSend()
    return new Promise((answer) => {
      this.#unanswered.push({ values, answer })
    })
  }

  /** Waits for this many sends. The collector pauses before it sends missing records again. */
  async waitForSends(count: number): Promise<void> {
    while (this.sends.length < count) {
      await new Promise<void>((resolve) => {
        this.#onSend = resolve
      })
    }
  }

  /** Acknowledges the current send, except the lost values. */
  async acknowledge(lost: readonly string[] = []): Promise<void> {
    const send = this.#unanswered.shift()
    if (send === undefined) throw new Error('no send is in flight')
    send.answer(
      send.values.map((value) =>
        lost.includes(value) ? undefined : { partition: 0, offset: this.#next++ },
      ),
    )
    await nextTurn()
  }
}

export function records(...values: readonly string[]): SizedRecord[] {
  return values.map((value) => sized(value, 100))
}

export function sized(value: string, bytes: number): SizedRecord {
  return { record: { key: 'k', value, headers: {} }, bytes }
}
