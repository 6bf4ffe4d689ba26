import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { dockerfileFolder, ingressDockerfile } from '../../infra/docker/images/dockerfiles.ts'
import { docker } from '../../infra/docker/engine/engine.ts'
import { startScript } from '../../infra/containers/programs/ingress.ts'
import { root } from '../../scripts/platform/paths.ts'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'
import { aCertificate } from '../support/certificates.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import './engine-hooks.ts'

const image = 'avt-test-certificate'

describe('the certificate of the ingress on Docker (skipped if OpenSSL is not installed)', function () {
  this.timeout(180_000)
  let folder: TemporaryFolder
  let port: number
  let container: string

  before(async function () {
    if (aCertificate() === undefined) this.skip()
    const { haproxy } = toConfig({}).images
    const options = ['--file', ingressDockerfile(root), '--build-arg', `HAPROXY_IMAGE=${haproxy}`]
    await docker('build', '--quiet', '--tag', image, ...options, dockerfileFolder(root))
  })

  after(async () => {
    await docker('image', 'rm', '--force', image).catch(() => '')
  })

  beforeEach(async () => {
    folder = new TemporaryFolder()
    chmodSync(folder.path, 0o755)
    for (const name of ['tls', 'proxy']) mkdirSync(join(folder.path, name), { mode: 0o755 })
    writeFileSync(join(folder.path, 'proxy', 'secret'), 'secret', { mode: 0o644 })
    write(newPair())
    port = await freeRun(1)
    container = await start()
  })

  afterEach(async () => {
    await docker('rm', '--force', container)
    folder[Symbol.dispose]()
  })

  const newPair = () => aCertificate() ?? { cert: '', key: '' }

  /** The user of HAProxy must be able to read them. */
  function write({ cert, key }: { cert: string; key: string }): X509Certificate | undefined {
    for (const [name, content] of Object.entries({ 'cert.pem': cert, 'key.pem': key })) {
      const file = join(folder.path, 'tls', name)
      writeFileSync(file, content, { mode: 0o644 })
      chmodSync(file, 0o644)
    }
    return cert.startsWith('-----') ? new X509Certificate(cert) : undefined
  }

  /** HAProxy alone, confined as in the platform. It finds no producer. */
  function start(): Promise<string> {
    const env = {
      MAX_CONNECTIONS_PER_CLIENT: '100',
      PROXY_SECRET_FILE: '/run/secrets/proxy/secret',
      TLS_CERT_FILE: '/run/tls-certificate/cert.pem',
      TLS_KEY_FILE: '/run/tls-key/key.pem',
      TLS_MIN_VERSION: '1.2',
    }
    const mounts = { 'tls-certificate': 'tls', 'tls-key': 'tls', 'secrets/proxy': 'proxy' }
    return docker(
      ...['run', '--detach', '--user', 'haproxy', '--read-only', '--cap-drop', 'ALL'],
      ...['--security-opt', 'no-new-privileges:true'],
      ...['--tmpfs', '/tmp:rw,nosuid,nodev,size=64m,mode=1777'],
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...Object.entries(mounts).flatMap(([path, name]) => [
        '--volume',
        `${join(folder.path, name)}:/run/${path}:ro`,
      ]),
      ...['--publish', `127.0.0.1:${port}:5443`, '--entrypoint', 'sh', image],
      ...['-c', startScript('docker'), 'sh', 'haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
    )
  }

  /** The fingerprint that a new connection sees; undefined if the handshake fails. */
  async function shown(): Promise<string | undefined> {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
    try {
      await once(socket, 'secureConnect')
      return socket.getPeerX509Certificate()?.fingerprint256
    } catch {
      return undefined
    } finally {
      socket.destroy()
    }
  }

  const log = () => docker('logs', container)

  it('is replaced while HAProxy runs, and kept if garbage or the certificate of another key replaces it', async () => {
    const used = write(newPair())
    await until('the new certificate is shown', async () => {
      return (await shown()) === used?.fingerprint256
    })
    for (const spoilt of [
      { ...newPair(), cert: 'garbage' },
      { ...newPair(), key: newPair().key },
    ]) {
      const before = (await log()).split('certificate-refused').length
      write(spoilt)
      await until('the fault is logged', async () => {
        return (await log()).split('certificate-refused').length > before
      })
      expect(await shown()).to.equal(used?.fingerprint256)
    }
    rmSync(join(folder.path, 'tls', 'cert.pem'))
    const repaired = write(newPair())
    await until('the repaired certificate is shown', async () => {
      return (await shown()) === repaired?.fingerprint256
    })
  })
})
