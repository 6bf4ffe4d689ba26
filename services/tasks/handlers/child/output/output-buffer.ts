import { writeSync } from 'node:fs'
import { outputFd } from '../../protocol.ts'

const capacity = 65_536
/** The memory begins with a lock and the number of bytes in use, each of 4 bytes. */
const [lockAt, lengthAt, bytesAt] = [0, 1, 8]
const [free, held] = [0, 1]
const pause = new Int32Array(new SharedArrayBuffer(4))

/** Bytes for the worker that are not written yet. Two threads of the process can write them. */
export class OutputBuffer {
  readonly memory: SharedArrayBuffer
  readonly #state: Int32Array
  readonly #bytes: Buffer

  /** @param memory of the buffer of another thread; by default a new one */
  constructor(memory = new SharedArrayBuffer(bytesAt + capacity)) {
    this.memory = memory
    this.#state = new Int32Array(memory, 0, 2)
    this.#bytes = Buffer.from(memory, bytesAt)
  }

  /** Keeps lines until the next `flush`, if there is room. Otherwise it writes them. */
  add(lines: string): void {
    const maxBytes = 3 * lines.length
    if (maxBytes > capacity) {
      this.flush(lines)
      return
    }
    if (this.#length + maxBytes > capacity) this.flush()
    this.#locked(() => {
      this.#length += this.#bytes.write(lines, this.#length)
    })
  }

  /** Writes what was added. @param lines are written after it */
  flush(lines = ''): void {
    this.#locked(() => this.#write(lines))
  }

  /** Like `flush`, but does nothing while the other thread uses the buffer: that thread may wait for a full pipe. */
  flushIfFree(): void {
    if (this.#lock()) this.#useLocked(() => this.#write(''))
  }

  get #length(): number {
    return this.#state[lengthAt] ?? 0
  }

  set #length(length: number) {
    this.#state[lengthAt] = length
  }

  #write(lines: string): void {
    if (this.#length > 0) writeBytes(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    if (lines !== '') writeBytes(Buffer.from(lines))
  }

  #lock(): boolean {
    return Atomics.compareExchange(this.#state, lockAt, free, held) === free
  }

  #locked(work: () => void): void {
    while (!this.#lock()) Atomics.wait(pause, 0, 0, 1)
    this.#useLocked(work)
  }

  #useLocked(work: () => void): void {
    try {
      work()
    } finally {
      Atomics.store(this.#state, lockAt, free)
    }
  }
}

/** When it returns, the bytes are in the pipe. */
function writeBytes(bytes: Buffer): void {
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(outputFd, bytes, done)
    } catch (error) {
      // The pipe is full. The worker reads slowly, so that results do not fill its memory.
      // Otherwise the worker has ended. `process.exit` would run listeners that wait for the lock.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.kill(-process.pid, 'SIGKILL')
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}
