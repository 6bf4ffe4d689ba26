import { writeSync } from 'node:fs'
import type { FromProcess } from '../protocol.ts'
import { outputFd } from '../protocol.ts'

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes messages to the worker. When it returns, they are in the pipe. */
export function writeLines(lines: string): void {
  const bytes = Buffer.from(lines)
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(outputFd, bytes, done)
    } catch (error) {
      // The pipe is full. The worker reads slowly, so that results do not fill its memory.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(1)
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

const lineOf = (message: FromProcess): string => `${JSON.stringify(message)}\n`

/** @param before lines that are written with the message */
export function write(message: FromProcess, before = ''): void {
  writeLines(before + lineOf(message))
}
