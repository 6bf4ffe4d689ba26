import type { LineLetter } from '../../../adapters/postgres/files/line-writer.ts'
import { FileFault } from '../../../pipelines/files/file-fault.ts'
import type { ReadingToSend } from '../../../pipelines/files/readings/reading-maker.ts'
import type { ReadingsStep } from '../../../pipelines/files/readings/readings-step.ts'
import { BadLines } from '../loading/bad-lines.ts'
import type { ReadingsAddress } from './post-readings.ts'
import { postReadings } from './post-readings.ts'
import type { ReadRecord } from './read-readings.ts'
import type { Settled } from './receipts.ts'
import { Receipts } from './receipts.ts'

/** What was sent of a file. */
export type Sent = {
  readonly lines: number
  readonly accepted: number
  /** Readings whose speed was computed, because the file has none. */
  readonly computedSpeeds: number
  /** Points that no vehicle has recorded. */
  readonly leftOut: number
  /** Readings that are older than the platform keeps readings. */
  readonly tooOld: number
  readonly letters: readonly LineLetter[]
  readonly logLines: readonly string[]
}

type Options = {
  readonly address: ReadingsAddress
  readonly signal: AbortSignal
  readonly addLogLine: (line: string) => void
}

type Waiting = { readonly record: ReadRecord; readonly reading: ReadingToSend }

const batchReadings = 500
const maxLetterBytes = 64 * 1024 * 1024

/** Sends the readings of a file in batches. */
export class ReadingSender {
  readonly receipts = new Receipts()
  readonly #options: Options
  readonly #badLines: BadLines
  #waiting: Waiting[] = []
  readonly #letters: LineLetter[] = []
  readonly #logLines: string[] = []
  #letterBytes = 0
  readonly #counts = { lines: 0, accepted: 0, computedSpeeds: 0, leftOut: 0, tooOld: 0 }

  constructor({ rejectLimit }: Pick<ReadingsStep, 'rejectLimit'>, options: Options) {
    this.#options = options
    this.#badLines = new BadLines({ onBadLine: 'reject', rejectLimit }, (line) => {
      this.#log(line)
    })
  }

  async add(record: ReadRecord): Promise<void> {
    const { made } = record
    this.#counts.lines += 1
    if (made.kind === 'left-out') this.#counts.leftOut += 1
    else if (made.kind === 'refused') this.#addLetter(record, made)
    else {
      if (made.isSpeedComputed) this.#counts.computedSpeeds += 1
      this.#waiting.push({ record, reading: made.reading })
      if (this.#waiting.length >= batchReadings) await this.#send()
    }
  }

  /** @throws FileFault if no reading was accepted */
  async end(): Promise<Sent> {
    await this.#send()
    const sent = { ...this.#counts, letters: this.#letters, logLines: this.#logLines }
    if (sent.accepted > 0) return sent
    const [first] = this.#letters
    const reason = first === undefined ? '' : ` The first one: line ${first.line}: ${first.detail}`
    throw new FileFault(
      `No reading of the file was accepted. ${describeLeftOut(sent)}${reason}`.trim(),
    )
  }

  async #send(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    const { address, signal } = this.#options
    let isWaiting = false
    const { receipts, rejected } = await postReadings(
      address,
      batch.map(({ reading }) => reading),
      {
        signal,
        onWait: (reason) => {
          if (!isWaiting) this.#log(`The ingress does not accept readings now: ${reason}. Waiting.`)
          isWaiting = true
        },
      },
    )
    for (const receipt of receipts) if (receipt !== null) this.receipts.add(receipt)
    this.#counts.accepted += batch.length - rejected.length
    for (const { index, code, detail } of rejected) {
      const record = batch[index]?.record
      if (code === 'time-too-old') this.#counts.tooOld += 1
      else if (record !== undefined) this.#addLetter(record, { code, detail })
    }
  }

  #addLetter(
    { line, text }: ReadRecord,
    { code, detail }: { readonly code: string; readonly detail: string },
  ): void {
    const letter = { line, code, detail, text }
    this.#letters.push(letter)
    this.#letterBytes += text.length
    this.#badLines.add([letter])
    if (this.#letterBytes > maxLetterBytes)
      throw new FileFault(
        `The file has bad lines of more than ${maxLetterBytes} bytes. The first one: line ${this.#letters[0]?.line ?? 0}: ${this.#letters[0]?.detail ?? ''}`,
      )
  }

  #log(line: string): void {
    this.#logLines.push(line)
    this.#options.addLogLine(line)
  }
}

/** What became of the records of a file, for its user. */
export function describeSent(sent: Sent, { duplicates, deadLetters }: Settled): string {
  const codes = [...deadLetters].map(([code, count]) => `${count} ${code}`).join(', ')
  return [
    `${counted(sent.accepted, 'reading was', 'readings were')} accepted.`,
    duplicates > 0 && `${counted(duplicates, 'of them was', 'of them were')} already stored.`,
    codes !== '' && `Some of them became dead letters of the pipeline "readings": ${codes}.`,
    sent.computedSpeeds > 0 &&
      `${counted(sent.computedSpeeds, 'speed that is not in the file was', 'speeds that are not in the file were')} computed from the movement.`,
    sent.letters.length > 0 &&
      `${counted(sent.letters.length, 'line became a dead letter', 'lines became dead letters')}.`,
    describeLeftOut(sent),
  ]
    .filter((sentence) => typeof sentence === 'string' && sentence !== '')
    .join(' ')
}

const counted = (number: number, one: string, more: string): string =>
  `${number} ${number === 1 ? one : more}`

function describeLeftOut({ leftOut, tooOld }: Pick<Sent, 'leftOut' | 'tooOld'>): string {
  return [
    leftOut > 0 &&
      `${counted(leftOut, 'waypoint or route point was', 'waypoints and route points were')} left out.`,
    tooOld > 0 &&
      `${counted(tooOld, 'reading is', 'readings are')} too old; raise postgres.retentionDays and drop the file again.`,
  ]
    .filter((sentence) => typeof sentence === 'string')
    .join(' ')
}
