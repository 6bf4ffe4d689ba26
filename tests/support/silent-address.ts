import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Listens, prints its port, and never accepts a connection. */
const program = `
const server = require('node:net').createServer()
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  process.stdout.write(server.address().port + '\\n', () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
})`

/** A connect that takes longer gets no answer. */
const answerTimeoutMs = 500

/**
 * An address whose connects get no answer, like that of a machine that is gone: the queue of connections
 * that wait for `accept` is full, and the system drops all further ones.
 */
export class SilentAddress implements AsyncDisposable {
  readonly port: number
  readonly #child: ChildProcess
  readonly #waiting: readonly Socket[]

  private constructor(port: number, child: ChildProcess, waiting: readonly Socket[]) {
    this.port = port
    this.#child = child
    this.#waiting = waiting
  }

  static async open(): Promise<SilentAddress> {
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [text] = (await once(child.stdout, 'data')) as [Buffer]
    const port = Number(String(text))
    const waiting: Socket[] = []
    for (;;) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      waiting.push(socket)
      const connected = once(socket, 'connect').then(() => true)
      const isAnswered = await Promise.race([connected, wait(answerTimeoutMs, false)])
      if (!isAnswered) return new SilentAddress(port, child, waiting)
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#waiting) socket.destroy()
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
