import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { aCertificate, writePair } from '../../support/certificates.ts'
import {
  certificateProgram,
  haproxyConfiguration,
  versionOfHaproxy,
  withoutSecret,
  withServer,
} from '../../support/haproxy.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { expectReplacementUnderLoad, TlsClient } from '../../support/tls-client.ts'
import { until } from '../../support/until.ts'

const host = '127.0.0.1'

describe('TLS of HAProxy with the configuration of the ingress (skipped if HAProxy or OpenSSL is not installed)', function () {
  this.timeout(90_000)
  let folder: TemporaryFolder
  let files: { certFile: string; keyFile: string }
  let ports: Record<'plain' | 'tls' | 'check' | 'main' | 'ops', number>
  let haproxy: ChildProcess | undefined
  let printed: string
  const running: AsyncDisposable[] = []
  let client: TlsClient

  before(function () {
    if (versionOfHaproxy() === undefined || aCertificate() === undefined) this.skip()
  })

  beforeEach(async () => {
    folder = new TemporaryFolder()
    files = { certFile: join(folder.path, 'cert.pem'), keyFile: join(folder.path, 'key.pem') }
    const first = await freeRun(5)
    const [plain, tls, check, main, ops] = [first, first + 1, first + 2, first + 3, first + 4]
    ports = { plain, tls, check, main, ops }
    writePair(files)
    await startProducer()
    await start('1.2')
  })

  afterEach(async () => {
    client[Symbol.dispose]()
    await stop()
    for (const each of running.splice(0)) await each[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** It reads the PROXY header as bytes and answers each request. */
  async function startProducer(): Promise<void> {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstored'
    const main = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', (bytes) => {
        const requests = bytes.toString('latin1').match(/GET \/ HTTP/g)?.length ?? 0
        if (requests > 0) socket.write(answer.repeat(requests))
      })
    }).listen(ports.main, host)
    const ops = createServer((_, response) => response.end()).listen(ports.ops, host)
    for (const server of [main, ops])
      running.push({ [Symbol.asyncDispose]: () => Promise.resolve(void server.close()) })
    await Promise.all([main, ops].map((server) => once(server, 'listening')))
  }

  async function start(minVersion: '1.2' | '1.3'): Promise<void> {
    const at = (name: string) => join(folder.path, name)
    const moved = (given: string) =>
      given
        .replaceAll('/tmp/ingress.pem', at('ingress.pem'))
        .replaceAll('/tmp/candidate.pem', at('candidate.pem'))
        .replace('/usr/local/etc/haproxy/certificate.lua', at('certificate.lua'))
        .replace('bind :5001', `bind ${host}:${ports.plain}`)
        .replace('bind :5443', `bind ${host}:${ports.tls}`)
        .replace(/\b5444\b/, String(ports.check))
    writeFileSync(at('certificate.lua'), moved(certificateProgram))
    const configuration = withoutSecret(withServer(moved(haproxyConfiguration), ports))
    writeFileSync(at('haproxy.cfg'), configuration)
    const pair = `${readFileSync(files.certFile, 'utf8')}\n${readFileSync(files.keyFile, 'utf8')}`
    for (const name of ['ingress.pem', 'candidate.pem']) writeFileSync(at(name), pair)
    const env = {
      PATH: process.env['PATH'],
      MAX_CONNECTIONS_PER_CLIENT: '100',
      PROXY_SECRET: 'secret',
      TLS_CERT_FILE: files.certFile,
      TLS_KEY_FILE: files.keyFile,
      TLS_MIN_VERSION: minVersion,
    }
    client = new TlsClient(ports.tls)
    printed = ''
    haproxy = spawn('haproxy', ['-db', '-f', at('haproxy.cfg')], { env })
    for (const output of [haproxy.stdout, haproxy.stderr])
      output?.on('data', (bytes: Buffer) => (printed += bytes.toString()))
    await until('HAProxy forwards requests', async () => {
      return (await client.get().catch(() => undefined))?.body === 'stored'
    })
  }

  async function stop(): Promise<void> {
    if (haproxy?.exitCode === null && haproxy.kill('SIGKILL')) await once(haproxy, 'exit')
  }

  it('accepts no version below 1.2, and no version below 1.3 if that is configured', async () => {
    expect(await client.negotiatedVersions()).to.deep.equal([
      ...[undefined, undefined, 'TLSv1.2', 'TLSv1.3'],
    ])
    await stop()
    await start('1.3')
    expect(await client.negotiatedVersions()).to.deep.equal([
      ...[undefined, undefined, undefined, 'TLSv1.3'],
    ])
  })

  it('closes a plain request on the port with TLS, and serves it on the port for containers', async () => {
    const sendTo = async (port: number) => {
      const socket = connect({ host, port })
      socket.on('error', () => socket.destroy())
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
      return text(socket).catch(() => '')
    }
    expect(await sendTo(ports.tls)).to.equal('')
    expect(await sendTo(ports.plain)).to.match(/^HTTP\/1.1 200 /)
  })

  it('closes a connection whose handshake takes 10 s (skipped if HAProxy is older than 2.9)', async function () {
    if ((versionOfHaproxy() ?? 0) < 2.9) this.skip()
    const silent = connect({ host, port: ports.tls })
    const slow = connect({ host, port: ports.tls })
    const begun = performance.now()
    // The head of a record and the first bytes of a ClientHello.
    slow.write(Buffer.from('160301020001', 'hex'))
    const seconds = await Promise.all(
      [silent, slow].map(async (socket) => {
        socket.on('error', () => socket.destroy())
        await text(socket).catch(() => '')
        return (performance.now() - begun) / 1_000
      }),
    )
    for (const each of seconds) expect(each).to.be.within(9, 20)
  })

  it('uses a replaced certificate for new connections, and no request fails meanwhile', async () => {
    await expectReplacementUnderLoad(client, () => writePair(files))
    expect(printed).to.not.include('certificate-refused')
  })

  for (const [title, spoil] of [
    ['garbage', () => writeFileSync(files.certFile, 'garbage')],
    ['nothing', () => rmSync(files.certFile)],
    [
      'the certificate of another key',
      () => {
        const key = readFileSync(files.keyFile)
        writePair(files)
        writeFileSync(files.keyFile, key)
      },
    ],
  ] as const)
    it(`keeps the certificate and reports it if ${title} replaces it`, async () => {
      const old = (await client.get()).fingerprint
      spoil()
      await until('the fault is logged', () => printed.includes('certificate-refused'))
      expect((await client.get()).fingerprint).to.equal(old)
      const repaired = writePair(files)
      await until('the repaired certificate is used', async () => {
        return (await client.get()).fingerprint === repaired.fingerprint256
      })
      expect(printed).to.include('certificate-replaced')
    })
})
