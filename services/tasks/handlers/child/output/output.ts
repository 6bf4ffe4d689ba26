import { doneMark, type FromProcess } from '../../protocol.ts'
import { OutputBuffer } from './output-buffer.ts'

/** Each write wakes up the worker, so the ends of short calls are collected for this time. */
const collectMs = 1

const buffer = new OutputBuffer()
let flushedAt = 0

/** The thread that watches this process flushes the same buffer while a handler blocks the event loop. */
export const outputMemory = buffer.memory

/** Writes lines to the worker, after all earlier ones. When it returns, they are in the pipe. */
export function writeLines(lines: string): void {
  buffer.flush(lines)
  flushedAt = performance.now()
}

/** Writes a message to the worker, after all earlier ones. When it returns, it is in the pipe. */
export function write(message: FromProcess): void {
  writeLines(`${JSON.stringify(message)}\n`)
}

/**
 * Tells the worker that a call is complete. The message can wait for a short time for the ends of more calls.
 *
 * @param end `durationMs`: how long it ran; `last`: lines of its result that are not written yet
 */
export function writeDone(
  call: number,
  { durationMs, last }: { readonly durationMs: number; readonly last: string },
): void {
  buffer.add(`${last}${doneMark}${call} ${Math.round(durationMs * 1_000)}\n`)
  if (performance.now() - flushedAt >= collectMs) flush()
}

/** Writes what was collected. */
export function flush(): void {
  writeLines('')
}
