import type { Socket } from 'node:net'
import type { SecureVersion, Server, TLSSocket } from 'node:tls'
import { createServer } from 'node:tls'
import type { CertificatePair } from './certificate.ts'
import { problemResponse } from './problem-response.ts'

export type TlsOptions = {
  readonly minVersion: '1.2' | '1.3'
}

/** A client that has not finished the handshake by then is disconnected. */
const handshakeTimeoutMs = 10_000
/** The first byte of a TLS connection: a record of the type handshake (RFC 8446, section 5.1). */
const handshakeByte = 0x16

const plainResponse = problemResponse({
  status: 400,
  reason: 'Bad Request',
  title: 'TLS required',
  detail: 'This address accepts only TLS from other machines. Use https:// instead of http://.',
})

/** Terminates TLS connections. Open connections keep their certificate when it is replaced. */
export class TlsEnd {
  readonly #server: Server
  readonly #minVersion: SecureVersion

  constructor(pair: CertificatePair, { minVersion }: TlsOptions) {
    this.#minVersion = `TLSv${minVersion}`
    this.#server = createServer({
      ...{ ...pair, minVersion: this.#minVersion },
      ...{ handshakeTimeout: handshakeTimeoutMs, allowHalfOpen: true },
    })
    this.#server.on('tlsClientError', (_: Error, socket: TLSSocket) => {
      socket.destroy()
    })
  }

  /** Calls `take` for each connection whose handshake is done. */
  onSecured(take: (socket: TLSSocket) => void): void {
    this.#server.on('secureConnection', take)
  }

  /** Uses this certificate for new connections. Throws if they cannot be used together. */
  replace(pair: CertificatePair): void {
    this.#server.setSecureContext({ ...pair, minVersion: this.#minVersion })
  }

  /**
   * Decides by the first byte, which must have arrived. Programs on this machine may also send plain
   * requests (`takePlain`); those of other machines are answered 400 and closed.
   */
  receive(client: Socket, takePlain: (client: Socket) => void): void {
    const first = client.read(1) as Buffer | null
    if (first === null) {
      client.destroy()
      return
    }
    client.unshift(first)
    if (first[0] === handshakeByte) {
      client.setTimeout(0)
      this.#server.emit('connection', client)
    } else if (isOnThisMachine(client)) {
      takePlain(client)
    } else {
      client.resume()
      client.end(plainResponse)
    }
  }
}

/** A connection from another machine never has its own address at both ends. */
function isOnThisMachine({ remoteAddress = '', localAddress }: Socket): boolean {
  return /^(?:(?:::ffff:)?127\.|::1$)/.test(remoteAddress) || remoteAddress === localAddress
}
