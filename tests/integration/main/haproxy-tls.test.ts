import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { Agent, request } from 'node:https'
import { connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { aCertificate } from '../../support/certificates.ts'
import {
  certificateProgram,
  haproxyConfiguration,
  versionOfHaproxy,
  withoutSecret,
  withServer,
} from '../../support/haproxy.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
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
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })

  before(function () {
    if (versionOfHaproxy() === undefined || aCertificate() === undefined) this.skip()
  })

  beforeEach(async () => {
    folder = new TemporaryFolder()
    files = { certFile: join(folder.path, 'cert.pem'), keyFile: join(folder.path, 'key.pem') }
    const first = await freeRun(5)
    const [plain, tls, check, main, ops] = [first, first + 1, first + 2, first + 3, first + 4]
    ports = { plain, tls, check, main, ops }
    writePair()
    await startProducer()
    await start('1.2')
  })

  afterEach(async () => {
    agent.destroy()
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
    printed = ''
    haproxy = spawn('haproxy', ['-db', '-f', at('haproxy.cfg')], { env })
    for (const output of [haproxy.stdout, haproxy.stderr])
      output?.on('data', (bytes: Buffer) => (printed += bytes.toString()))
    await until('HAProxy forwards requests', async () => {
      return (await get().catch(() => undefined))?.status === 200
    })
  }

  async function stop(): Promise<void> {
    if (haproxy?.exitCode === null && haproxy.kill('SIGKILL')) await once(haproxy, 'exit')
  }

  function writePair(): X509Certificate {
    const pair = aCertificate()
    if (pair === undefined) throw new Error('OpenSSL has made no certificate')
    writeFileSync(files.certFile, pair.cert)
    writeFileSync(files.keyFile, pair.key)
    return new X509Certificate(pair.cert)
  }

  type Answer = { status: number; fingerprint: string; isReused: boolean }

  async function get({ isKept = false } = {}): Promise<Answer> {
    const target = { host, port: ports.tls, servername: 'localhost', path: '/' }
    const sent = request({ ...target, rejectUnauthorized: false, agent: isKept && agent }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const { socket } = response
    if (!(socket instanceof TLSSocket)) throw new Error('the connection is not encrypted')
    const fingerprint = socket.getPeerCertificate().fingerprint256
    expect(await text(response)).to.equal('stored')
    return { status: response.statusCode ?? 0, fingerprint, isReused: sent.reusedSocket }
  }

  function negotiated(...options: string[]): string | undefined {
    const target = ['s_client', '-connect', `${host}:${ports.tls}`, '-cipher', 'ALL:@SECLEVEL=0']
    const { stdout } = spawnSync('openssl', [...target, ...options], { input: '' })
    return /^New, (TLSv[\d.]+), Cipher is (?!\(NONE\))/m.exec(String(stdout))?.[1]
  }

  it('accepts no version below 1.2, and no version below 1.3 if that is configured', async () => {
    const versions = () => ['-tls1', '-tls1_1', '-tls1_2', '-tls1_3'].map((v) => negotiated(v))
    expect(versions()).to.deep.equal([undefined, undefined, 'TLSv1.2', 'TLSv1.3'])
    await stop()
    await start('1.3')
    expect(versions()).to.deep.equal([undefined, undefined, undefined, 'TLSv1.3'])
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
    expect(printed).to.not.include('certificate-refused')
  })

  for (const [title, spoil] of [
    ['garbage', () => writeFileSync(files.certFile, 'garbage')],
    ['nothing', () => rmSync(files.certFile)],
    [
      'the certificate of another key',
      () => {
        const key = readFileSync(files.keyFile)
        writePair()
        writeFileSync(files.keyFile, key)
      },
    ],
  ] as const)
    it(`keeps the certificate and reports it if ${title} replaces it`, async () => {
      const old = (await get()).fingerprint
      spoil()
      await until('the fault is logged', () => printed.includes('certificate-refused'))
      expect((await get()).fingerprint).to.equal(old)
      const repaired = writePair()
      await until('the repaired certificate is used', async () => {
        return (await get()).fingerprint === repaired.fingerprint256
      })
      expect(printed).to.include('certificate-replaced')
    })
})
