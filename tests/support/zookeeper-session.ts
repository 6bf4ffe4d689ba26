import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'

/** Operations of ZooKeeper's protocol (`ZooDefs.OpCode`), and their answers (`KeeperException.Code`). */
const [create, getData, auth] = [1, 4, 100]
export const ok = 0
export const sessionNeedsLogin = -124

/** A session at ZooKeeper that does not log in with SASL, as a program of any user can open one. */
export class ZooKeeperSession implements Disposable {
  readonly #socket: Socket
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])))
    socket.on('error', () => undefined)
  }

  static async open(port: number): Promise<ZooKeeperSession> {
    const socket = connect({ host: '127.0.0.1', port })
    await once(socket, 'connect')
    const session = new ZooKeeperSession(socket)
    // Version, last transaction, timeout in milliseconds, session id, password, read-only.
    const request = [int(0), long(0), int(10_000), long(0), sized(Buffer.alloc(16)), Buffer.of(0)]
    await session.#send(Buffer.concat(request))
    return session
  }

  /** Shows a name and password of the scheme `digest`, which any client may choose. */
  async addDigest(nameAndPassword: string): Promise<number> {
    const content = [int(0), text('digest'), text(nameAndPassword)]
    return this.#request({ id: -4, operation: auth, content })
  }

  /** Creates a node that everybody may change. @returns the code of the answer */
  create(path: string): Promise<number> {
    const everybody = [int(1), int(31), text('world'), text('anyone')]
    const content = [text(path), text(''), ...everybody, int(0)]
    return this.#request({ id: 1, operation: create, content })
  }

  /** Reads a node. @returns the code of the answer */
  read(path: string): Promise<number> {
    return this.#request({ id: 2, operation: getData, content: [text(path), Buffer.of(0)] })
  }

  async #request({ id, operation, content }: Request): Promise<number> {
    const answer = await this.#send(Buffer.concat([int(id), int(operation), ...content]))
    // Its id and the number of the last transaction are before the code.
    return answer.readInt32BE(12)
  }

  /** @throws Error if the server closes the connection without an answer */
  async #send(request: Buffer): Promise<Buffer> {
    this.#socket.write(sized(request))
    for (;;) {
      const size = this.#received.length < 4 ? Infinity : this.#received.readInt32BE(0)
      if (this.#received.length >= 4 + size) {
        const answer = this.#received.subarray(4, 4 + size)
        this.#received = this.#received.subarray(4 + size)
        return answer
      }
      if (this.#socket.destroyed) throw new Error('ZooKeeper closed the connection')
      await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'close')])
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}

type Request = {
  readonly id: number
  readonly operation: number
  readonly content: readonly Buffer[]
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

const sized = (bytes: Buffer): Buffer => Buffer.concat([int(bytes.length), bytes])
const text = (value: string): Buffer => sized(Buffer.from(value))
