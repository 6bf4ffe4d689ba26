import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { OutputBuffer } from './output/output-buffer.ts'

/** What the thread that watches a handler process must know. */
export type Watch = {
  /** Maximum resident memory of the process, in bytes. */
  readonly residentBytes: number
  /** Stands in the line that tells that the memory was above the limit. No handler knows it. */
  readonly mark: string
  /** Messages to the worker that the process has not written yet. */
  readonly output: SharedArrayBuffer
}

const intervalMs = 50

/**
 * Ends the process when its worker has ended, or when its memory is above the limit. Writes the messages that
 * wait. It is a thread, so it also works while a handler blocks the event loop.
 */
export function watchProcess(): void {
  const { residentBytes, mark, output } = workerData as Watch
  const messages = new OutputBuffer(output)
  const worker = process.ppid
  setInterval(() => {
    if (process.ppid !== worker) process.kill(-process.pid, 'SIGKILL')
    messages.flushIfFree()
    const bytes = process.memoryUsage.rss()
    if (bytes <= residentBytes) return
    writeSync(2, `\n${mark} ${bytes}\n`)
    process.kill(-process.pid, 'SIGKILL')
  }, intervalMs)
  parentPort?.postMessage('watching')
}
