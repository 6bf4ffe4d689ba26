import type { Socket } from 'node:net'
import { createServer } from 'node:tls'
import type { Server } from 'node:tls'

/** API keys, and answers of a broker up to the login (Kafka protocol guide). */
const [apiVersions, saslHandshake] = [18, 17]
const answers: ReadonlyMap<number, Buffer> = new Map([
  [apiVersions, Buffer.from('000000000002001100000001002400000000' + '00000000', 'hex')],
  [saslHandshake, Buffer.from(`0000000000010005${Buffer.from('PLAIN').toString('hex')}`, 'hex')],
])

/** Speaks TLS and answers like a broker up to the login, then closes the connection. */
export class BrokerWithTls implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What clients sent after the handshake of the login: user and password of SASL/PLAIN, with separators. */
  readonly logins: string[] = []

  constructor(certificate: { readonly cert: string; readonly key: string }) {
    this.#server = createServer(certificate, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('data', (request: Buffer) => {
        this.#answer(socket, request)
      })
    })
    // A client that does not trust the certificate ends the handshake.
    this.#server.on('tlsClientError', () => undefined)
  }

  #answer(socket: Socket, request: Buffer): void {
    const answer = answers.get(request.readInt16BE(4))
    if (answer === undefined) {
      this.logins.push(request.toString('latin1'))
      socket.destroy()
      return
    }
    const head = Buffer.alloc(8)
    head.writeInt32BE(answer.length + 4)
    request.copy(head, 4, 8, 12)
    socket.write(Buffer.concat([head, answer]))
  }

  /** Uses another certificate for later connections. */
  renew(certificate: { readonly cert: string; readonly key: string }): void {
    this.#server.setSecureContext(certificate)
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('it does not listen')
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
