import { spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { clientAddress } from '../../../services/adapters/http/proxy/client-address.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import type { ProducerAddresses } from '../../../services/ingress/config.ts'
import { startIngress } from '../../../services/ingress/service.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { machineAddresses } from '../../../services/runtime/process/network/machine-addresses.ts'
import { captureLog } from '../../support/captured-log.ts'
import { aCertificate } from '../../support/certificates.ts'
import { until } from '../../support/until.ts'

const host = '127.0.0.1'
const proxySecret = 'secret'

describe('TLS of the ingress', function () {
  this.timeout(60_000)
  let folder: string
  let files: { certFile: string; keyFile: string }
  let port: number
  let log: ReturnType<typeof captureLog>
  const running: AsyncDisposable[] = []
  const clients: string[] = []
  let producer: ProducerAddresses
  let ingress: Running

  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) this.skip()
  })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-tls-'))
    files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
    writePair()
    const [main, ops] = [await freeRun(1), await freeRun(1)]
    clients.length = 0
    running.push(
      await listen(
        (incoming, response) => {
          clients.push(clientAddress(incoming))
          incoming.resume().on('end', () => response.end('answer of the producer'))
        },
        { host, port: main },
        { behindIngress: { secret: proxySecret } },
      ),
    )
    const health = createServer((_, response) => response.end()).listen(ops, host)
    await once(health, 'listening')
    running.push({ [Symbol.asyncDispose]: () => Promise.resolve(void health.close()) })
    producer = { main: { host, port: main }, ops: { host, port: ops } }
    await start('1.2')
  })
  async function start(minVersion: '1.2' | '1.3'): Promise<void> {
    port = await freeRun(1)
    log = captureLog()
    ingress = await startIngress(
      {
        logLevel: 'info',
        http: { host, port },
        maxConnectionsPerClient: 200,
        proxySecret,
        tls: { ...files, minVersion },
        producers: [producer],
      },
      log.logger,
    )
    await until('the ingress forwards', async () => (await get()).status === 200)
  }

  afterEach(async () => {
    agent.destroy()
    await ingress[Symbol.asyncDispose]()
    for (const each of running.splice(0).reverse()) await each[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  /** Writes a new certificate and its key, one after the other. */
  function writePair(): X509Certificate {
    const pair = aCertificate()
    if (pair === undefined) throw new Error('OpenSSL has made no certificate')
    writeFileSync(files.certFile, pair.cert)
    writeFileSync(files.keyFile, pair.key)
    return new X509Certificate(pair.cert)
  }

  const events = () => log.lines.map(({ event }) => event)
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  type Answer = { status: number; body: string; fingerprint: string; isReused: boolean }

  /** A GET on a connection of the agent, or on a new one. */
  async function get({ isKept = false, localAddress = host } = {}): Promise<Answer> {
    const sent = request({
      ...{ host, port, servername: 'localhost', path: '/', localAddress },
      ...{ rejectUnauthorized: false, agent: isKept ? agent : false },
    }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const { socket } = response
    if (!(socket instanceof TLSSocket)) throw new Error('the connection is not encrypted')
    const { fingerprint256 } = socket.getPeerCertificate()
    const [status, isReused] = [response.statusCode ?? 0, sent.reusedSocket]
    return { status, body: await text(response), fingerprint: fingerprint256, isReused }
  }

  /** A plain request on a new connection. */
  function getPlain(localAddress: string): Promise<string> {
    const socket = connect({ host, port, localAddress })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    return text(socket)
  }

  /** What `openssl s_client` negotiates with these options; undefined if it fails. */
  async function negotiated(...options: string[]): Promise<string | undefined> {
    const args = ['s_client', '-connect', `${host}:${port}`, '-cipher', 'ALL:@SECLEVEL=0']
    const client = spawn('openssl', [...args, ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
    return /^New, (TLSv[\d.]+), Cipher is (?!\(NONE\))/m.exec(await text(client.stdout))?.[1]
  }

  it('serves requests over TLS and names the client to the producer', async () => {
    clients.length = 0
    const { status, body } = await get({ localAddress: '127.0.0.7' })
    expect([status, body]).to.deep.equal([200, 'answer of the producer'])
    expect(clients).to.deep.equal(['127.0.0.7'])
    await get({ isKept: true })
    expect((await get({ isKept: true })).isReused).to.equal(true)
  })

  it('serves plain requests of this machine, and answers those of other machines with 400 and an explanation', async function () {
    expect(await getPlain(host)).to.match(/^HTTP\/1.1 200 /)
    const [address] = machineAddresses()
    if (address === undefined) this.skip()
    clients.length = 0
    const answer = await getPlain(address)
    expect(answer)
      .to.match(/^HTTP\/1.1 400 /)
      .and.to.include('Use https:// instead of http://.')
    expect(clients).to.deep.equal([])
  })

  it('accepts no version below 1.2, and no version below 1.3 if that is configured', async () => {
    for (const version of ['-tls1', '-tls1_1'])
      expect(await negotiated(version), version).to.equal(undefined)
    expect([await negotiated('-tls1_2'), await negotiated('-tls1_3')]).to.deep.equal([
      'TLSv1.2',
      'TLSv1.3',
    ])
    await ingress[Symbol.asyncDispose]()
    await start('1.3')
    expect([await negotiated('-tls1_2'), await negotiated('-tls1_3')]).to.deep.equal([
      undefined,
      'TLSv1.3',
    ])
  })

  it('uses a replaced certificate for new connections, and no request fails meanwhile', async () => {
    const old = (await get()).fingerprint
    const answers: Answer[] = []
    let isOver = false
    const load = Array.from({ length: 8 }, async (_, index) => {
      while (!isOver) answers.push(await get({ isKept: index % 2 === 0 }))
    })
    // Writing a pair blocks this process, and so also its requests.
    await until('each kind of connection has been used', () => {
      const kept = answers.filter(({ isReused }) => isReused)
      return kept.length > 8 && answers.length - kept.length > 8
    })
    const replaced = writePair()
    await until('new connections get the new certificate', async () => {
      return (await get()).fingerprint === replaced.fingerprint256
    })
    const before = answers.length
    await until('the load goes on', () => answers.length > before + 50)
    isOver = true
    await Promise.all(load)
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
    const seen = new Set(answers.map(({ fingerprint }) => fingerprint))
    expect(seen).to.deep.equal(new Set([old, replaced.fingerprint256]))
  })

  for (const [title, spoil] of [
    [
      'garbage',
      () => {
        writeFileSync(files.certFile, 'garbage')
      },
    ],
    [
      'the certificate of another key',
      () => {
        const key = readFileSync(files.keyFile)
        writePair()
        writeFileSync(files.keyFile, key)
      },
    ],
    [
      'a key of another type',
      () => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
        writeFileSync(files.keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
      },
    ],
    [
      'nothing',
      () => {
        rmSync(files.certFile)
      },
    ],
  ] as const) {
    it(`keeps the certificate and reports it once if ${title} replaces it`, async () => {
      const old = (await get()).fingerprint
      spoil()
      await until('the fault is logged', () => events().includes('certificate-refused'))
      expect((await get()).fingerprint).to.equal(old)
      const repaired = writePair()
      await until('the repaired certificate is used', async () => {
        return (await get()).fingerprint === repaired.fingerprint256
      })
      const ofCertificates = events().filter((event) => event.startsWith('certificate-'))
      expect(ofCertificates).to.deep.equal([
        'certificate-loaded',
        'certificate-refused',
        'certificate-replaced',
      ])
    })
  }
})
