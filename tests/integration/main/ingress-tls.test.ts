import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { clientAddress } from '../../../services/adapters/http/proxy/client-address.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import type { ProducerAddresses } from '../../../services/ingress/config.ts'
import { startIngress } from '../../../services/ingress/service.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { machineAddresses } from '../../../services/runtime/process/network/machine-addresses.ts'
import { captureLog } from '../../support/captured-log.ts'
import { writePair } from '../../support/certificates.ts'
import { expectReplacementUnderLoad, TlsClient } from '../../support/tls-client.ts'
import { until } from '../../support/until.ts'

const host = '127.0.0.1'
const proxySecret = 'secret'

describe('TLS of the ingress', function () {
  this.timeout(60_000)
  let folder: string
  let files: { certFile: string; keyFile: string }
  let port: number
  let client: TlsClient
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
    writePair(files)
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
    client = new TlsClient(port)
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
    await until('the ingress forwards', async () => (await client.get()).status === 200)
  }

  afterEach(async () => {
    client[Symbol.dispose]()
    await ingress[Symbol.asyncDispose]()
    for (const each of running.splice(0).reverse()) await each[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  const events = () => log.lines.map(({ event }) => event)

  /** A plain request on a new connection. */
  function getPlain(localAddress: string): Promise<string> {
    const socket = connect({ host, port, localAddress })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    return text(socket)
  }

  async function canConnect(localAddress: string): Promise<boolean> {
    const socket = connect({ host, port, localAddress })
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) })
      return true
    } catch {
      return false
    } finally {
      socket.destroy()
    }
  }

  it('serves requests over TLS and names the client to the producer', async () => {
    clients.length = 0
    const { status, body } = await client.get({ localAddress: '127.0.0.7' })
    expect([status, body]).to.deep.equal([200, 'answer of the producer'])
    expect(clients).to.deep.equal(['127.0.0.7'])
    await client.get({ isKept: true })
    expect((await client.get({ isKept: true })).isReused).to.equal(true)
  })

  it('serves plain requests of this machine', async () => {
    expect(await getPlain(host)).to.match(/^HTTP\/1.1 200 /)
  })

  it('answers plain requests of other machines with 400 and an explanation', async function () {
    const [address] = machineAddresses()
    // The firewall of kubelet drops connections to loopback from other addresses.
    if (address === undefined || !(await canConnect(address))) this.skip()
    clients.length = 0
    const answer = await getPlain(address)
    expect(answer)
      .to.match(/^HTTP\/1.1 400 /)
      .and.to.include('Use https:// instead of http://.')
    expect(clients).to.deep.equal([])
  })

  it('accepts no version below 1.2, and no version below 1.3 if that is configured', async () => {
    expect(await client.negotiatedVersions()).to.deep.equal([
      ...[undefined, undefined, 'TLSv1.2', 'TLSv1.3'],
    ])
    await ingress[Symbol.asyncDispose]()
    await start('1.3')
    expect(await client.negotiatedVersions()).to.deep.equal([
      ...[undefined, undefined, undefined, 'TLSv1.3'],
    ])
  })

  it('uses a replaced certificate for new connections, and no request fails meanwhile', async () => {
    await expectReplacementUnderLoad(client, () => writePair(files))
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
        writePair(files)
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
      const old = (await client.get()).fingerprint
      spoil()
      await until('the fault is logged', () => events().includes('certificate-refused'))
      expect((await client.get()).fingerprint).to.equal(old)
      const repaired = writePair(files)
      await until('the repaired certificate is used', async () => {
        return (await client.get()).fingerprint === repaired.fingerprint256
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
