import { spawn } from 'node:child_process'
import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { until } from './until.ts'

const host = '127.0.0.1'

export type TlsAnswer = {
  readonly status: number
  readonly body: string
  /** Of the certificate of the server. */
  readonly fingerprint: string
  /** Whether the request was sent on a connection that was kept. */
  readonly isReused: boolean
}

/** Sends requests to a port with TLS. It accepts every certificate. */
export class TlsClient implements Disposable {
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })

  constructor(port: number) {
    this.#port = port
  }

  /** A GET on a kept connection, or on a new one. */
  async get({ isKept = false, localAddress = host } = {}): Promise<TlsAnswer> {
    const sent = request({
      ...{ host, port: this.#port, servername: 'localhost', path: '/', localAddress },
      ...{ rejectUnauthorized: false, agent: isKept && this.#agent },
    }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const { socket } = response
    if (!(socket instanceof TLSSocket)) throw new Error('the connection is not encrypted')
    const fingerprint = socket.getPeerCertificate().fingerprint256
    const [status, isReused] = [response.statusCode ?? 0, sent.reusedSocket]
    return { status, body: await text(response), fingerprint, isReused }
  }

  /** The version that OpenSSL negotiates if it is the only one that it offers; undefined if the server refuses it. */
  async negotiated(version: 'tls1' | 'tls1_1' | 'tls1_2' | 'tls1_3'): Promise<string | undefined> {
    const target = ['s_client', '-connect', `${host}:${this.#port}`]
    const options = ['-cipher', 'ALL:@SECLEVEL=0', `-${version}`]
    const client = spawn('openssl', [...target, ...options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return /^New, (TLSv[\d.]+), Cipher is (?!\(NONE\))/m.exec(await text(client.stdout))?.[1]
  }

  /** What OpenSSL negotiates with each version, from 1.0 to 1.3. */
  async negotiatedVersions(): Promise<(string | undefined)[]> {
    const negotiated: (string | undefined)[] = []
    for (const version of ['tls1', 'tls1_1', 'tls1_2', 'tls1_3'] as const)
      negotiated.push(await this.negotiated(version))
    return negotiated
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

/**
 * Replaces the certificate during requests on new and on kept connections, and expects that each request is served
 * with the old or the new certificate.
 *
 * @param writePair writes a new certificate and its key into the files of the server
 */
export async function expectReplacementUnderLoad(
  client: TlsClient,
  writePair: () => X509Certificate,
): Promise<void> {
  const old = (await client.get()).fingerprint
  const answers: TlsAnswer[] = []
  let isOver = false
  const load = Array.from({ length: 8 }, async (_, index) => {
    while (!isOver) answers.push(await client.get({ isKept: index % 2 === 0 }))
  })
  // Writing a pair blocks this process, and so also its requests.
  await until('each kind of connection has been used', () => {
    const kept = answers.filter(({ isReused }) => isReused)
    return kept.length > 8 && answers.length - kept.length > 8
  })
  const replaced = writePair()
  await until('new connections get the new certificate', async () => {
    return (await client.get()).fingerprint === replaced.fingerprint256
  })
  const before = answers.length
  await until('the load goes on', () => answers.length > before + 50)
  isOver = true
  await Promise.all(load)
  expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
  const seen = new Set(answers.map(({ fingerprint }) => fingerprint))
  expect(seen).to.deep.equal(new Set([old, replaced.fingerprint256]))
}
