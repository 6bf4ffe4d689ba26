import type { FileReader, StoredFile } from '../../services/adapters/postgres/files/file-reader.ts'
import { sleep } from '../../services/runtime/retry.ts'
import { print, printProgress } from '../cli/output.ts'

type Waiting = {
  readonly files: Pick<FileReader, 'list'>
  readonly keys: readonly string[]
  /** The files have higher ids. */
  readonly after: number
  readonly signal: AbortSignal
}

/** How often the files are looked at. */
const intervalMs = 250
/** After this time without a worker the user is told. */
const patienceMs = 10_000

/** Prints each change until all files were moved. @returns exit code 1 if one was not loaded */
export async function waitForFiles(waiting: Waiting): Promise<number> {
  const { keys, signal } = waiting
  const progress = new Progress(waiting)
  while (progress.open.size > 0 && !signal.aborted) {
    await progress.look()
    if (progress.open.size > 0) await sleep(intervalMs, signal)
  }
  if (progress.open.size === 0) return progress.loaded === keys.length ? 0 : 1
  const open = [...progress.open].join(', ')
  print(`Still waiting: ${open}. Workers load them without this command.`)
  return 1
}

/** What has been printed about the files. */
class Progress {
  readonly #waiting: Waiting
  readonly #startedMs = performance.now()
  readonly #shown = new Map<string, string>()
  #isTold = false
  /** The files that are not settled yet. */
  readonly open: Set<string>
  loaded = 0

  constructor(waiting: Waiting) {
    this.#waiting = waiting
    this.open = new Set(waiting.keys)
  }

  async look(): Promise<void> {
    const { files, after } = this.#waiting
    for (const key of this.open) {
      const [file] = await files.list({ key, after, limit: 1 })
      if (file === undefined) this.#tellThatNotFound()
      else this.#show(file)
    }
  }

  #show(file: StoredFile): void {
    const { key, state } = file
    if (isSettled(file)) {
      print(describeEnd(file))
      this.open.delete(key)
      if (state === 'complete') this.loaded += 1
      return
    }
    const line = describeNow(file)
    if (line !== this.#shown.get(key)) printProgress(line)
    this.#shown.set(key, line)
  }

  #tellThatNotFound(): void {
    if (this.#isTold || performance.now() - this.#startedMs < patienceMs) return
    this.#isTold = true
    printProgress('No worker has found all files yet. npm run status shows the workers.')
  }
}

const isSettled = ({ archivedAt, state }: StoredFile): boolean =>
  archivedAt !== null || state === 'unmatched'

function describeNow(file: StoredFile): string {
  const { key, state, progress, lines, attempt, fault } = file
  const parts = [
    `${key}: ${state}`,
    ...(attempt !== null && attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(progress === null || progress >= 1 ? [] : [`${Math.floor(progress * 100)} %`]),
    ...(lines === null || lines === 0 ? [] : [`${lines} ${lines === 1 ? 'line' : 'lines'}`]),
    // Of the attempt before.
    ...(fault === null ? [] : [`${fault.code}: ${fault.message}`]),
  ]
  return parts.join(', ')
}

function describeEnd(file: StoredFile): string {
  const { key, state, detail, targetKey, fault } = file
  const place = targetKey === null ? [] : [`It is ${targetKey} now.`]
  const special = detail === null ? [] : [detail]
  switch (state) {
    case 'complete':
      return [describeLoaded(file), ...special, ...place].join(' ')
    case 'failed': {
      const reason = fault === null ? [] : [`${fault.code}: ${fault.message}`]
      return [`${key} was not loaded.`, ...reason, ...special, ...place].join(' ')
    }
    case 'canceled':
      return [`${key} was canceled.`, ...special, ...place].join(' ')
    default:
      return `${key} waits: ${detail ?? 'no pipeline matches it any longer.'}`
  }
}

function describeLoaded({ key, task, rows, rejected }: StoredFile): string {
  const loaded = `${key} is loaded: ${rows ?? 0} ${rows === 1 ? 'row' : 'rows'}`
  if (rejected === null || rejected === 0) return `${loaded}.`
  return `${loaded}, ${rejected} rejected ${rejected === 1 ? 'line' : 'lines'} (npm run tasks -- show ${task ?? ''}).`
}
