import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { InputError } from '../../../infra/checks/user-error.ts'
import { toConfig } from '../../../infra/config/config.ts'
import {
  describeAuthority,
  keepOwnCertificate,
  ownCertificateFiles,
  ownNames,
} from '../../../infra/local/certificate/own-certificate.ts'
import { renewRegularly } from '../../../infra/local/certificate/renewal.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const dayMs = 86_400_000
const names = ['localhost', 'fleet.example.com', '127.0.0.1', '::1', '192.0.2.7']

describe('certificate of ingress.tls.selfSigned (skipped if OpenSSL is not installed)', function () {
  this.timeout(30_000)
  let home: TemporaryFolder
  const files = () => ownCertificateFiles(home.path)
  const read = (file: string) => new X509Certificate(readFileSync(file))

  before(function () {
    if (spawnSync('openssl', ['version']).status !== 0) this.skip()
  })

  beforeEach(() => {
    home = new TemporaryFolder()
    expect(keepOwnCertificate(home.path, { names })).to.equal(true)
  })

  afterEach(() => {
    home[Symbol.dispose]()
  })

  it('has the names and addresses, and is signed by the authority', () => {
    const [certificate, authority] = [read(files().certFile), read(files().authority)]
    expect(certificate.subjectAltName?.split(', ').toSorted()).to.deep.equal([
      'DNS:fleet.example.com',
      'DNS:localhost',
      'IP Address:0:0:0:0:0:0:0:1',
      'IP Address:127.0.0.1',
      'IP Address:192.0.2.7',
    ])
    expect(certificate.verify(authority.publicKey)).to.equal(true)
    expect([certificate.ca, authority.ca]).to.deep.equal([false, true])
    expect(describeAuthority(home.path)).to.deep.equal({
      file: files().authority,
      fingerprint: authority.fingerprint256,
    })
  })

  it('passes the checks of OpenSSL for a server', () => {
    const { authority, certFile } = files()
    const options = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'localhost']
    const checked = spawnSync('openssl', ['verify', ...options, '-CAfile', authority, certFile])
    expect(String(checked.stderr)).to.equal('')
    expect(checked.status).to.equal(0)
  })

  it('has keys that only their owner can read, and leaves no temporary file', () => {
    const modes = [files().keyFile, files().authorityKey].map((file) => statSync(file).mode & 0o777)
    expect(modes).to.deep.equal([0o600, 0o600])
    expect(statSync(files().folder).mode & 0o077).to.equal(0)
    const { stdout } = spawnSync('ls', [files().folder], { encoding: 'utf8' })
    expect(stdout.trim().split('\n')).to.deep.equal([
      'authority-key.pem',
      'authority.pem',
      'certificate.pem',
      'key.pem',
    ])
  })

  it('is kept until 30 days before it expires, and then renewed by the same authority', () => {
    const [before, authority] = [read(files().certFile), read(files().authority)]
    const end = Date.parse(before.validTo)
    expect(keepOwnCertificate(home.path, { names, now: end - 31 * dayMs })).to.equal(false)
    expect(read(files().certFile).fingerprint256).to.equal(before.fingerprint256)
    expect(keepOwnCertificate(home.path, { names, now: end - 29 * dayMs })).to.equal(true)
    expect(read(files().certFile).fingerprint256).to.not.equal(before.fingerprint256)
    expect(read(files().authority).fingerprint256).to.equal(authority.fingerprint256)
  })

  it('is renewed for a new name, and if its key is missing or of another certificate', () => {
    expect(keepOwnCertificate(home.path, { names: [...names, 'van.local'] })).to.equal(true)
    expect(read(files().certFile).checkHost('van.local')).to.equal('van.local')
    rmSync(files().keyFile)
    expect(keepOwnCertificate(home.path, { names })).to.equal(true)
    writeFileSync(files().keyFile, readFileSync(files().authorityKey))
    expect(keepOwnCertificate(home.path, { names })).to.equal(true)
    expect(keepOwnCertificate(home.path, { names })).to.equal(false)
  })

  it('is not made by another authority while the platform runs', () => {
    keepOwnCertificate(home.path, { names })
    rmSync(files().folder, { recursive: true })
    expect(() => keepOwnCertificate(home.path, { names, mayMakeAuthority: false })).to.throw(
      InputError,
      /cannot be used: /,
    )
    expect(keepOwnCertificate(home.path, { names })).to.equal(true)
  })

  for (const [what, spoil, fault] of [
    [
      'the key is missing',
      () => rmSync(files().authorityKey),
      'authority-key.pem, its key, is missing',
    ],
    [
      'the certificate is missing',
      () => rmSync(files().authority),
      'authority.pem, its certificate, is missing',
    ],
    [
      'the key is garbage',
      () => writeFileSync(files().authorityKey, 'x'),
      'authority-key.pem is not readable as a private key',
    ],
    [
      'the file of the certificate has only the key',
      () => writeFileSync(files().authority, readFileSync(files().authorityKey)),
      'authority.pem is not readable as a certificate',
    ],
    [
      'the key is that of the ingress',
      () => writeFileSync(files().authorityKey, readFileSync(files().keyFile)),
      'authority-key.pem is not the key of authority.pem',
    ],
  ] as const)
    it(`does not replace an authority that phones trust, and says that ${what}`, () => {
      const before = read(files().certFile).fingerprint256
      spoil()
      expect(() => keepOwnCertificate(home.path, { names })).to.throw(InputError, fault)
      expect(read(files().certFile).fingerprint256).to.equal(before)
    })

  it('makes an authority if a start that ended early has left only a key', () => {
    const unused = readFileSync(files().authorityKey)
    rmSync(files().folder, { recursive: true })
    mkdirSync(files().folder)
    writeFileSync(files().authorityKey, unused)
    expect(keepOwnCertificate(home.path, { names })).to.equal(true)
    expect(readFileSync(files().authorityKey).equals(unused)).to.equal(false)
    expect(read(files().certFile).verify(read(files().authority).publicKey)).to.equal(true)
  })

  it('reports each failed renewal, and tries again', async () => {
    const stop = new AbortController()
    const failures: string[] = []
    rmSync(files().authorityKey)
    renewRegularly({
      keep: () => keepOwnCertificate(home.path, { names }),
      onFailure: ({ message }) => void failures.push(message),
      signal: stop.signal,
      intervalMs: 5,
    })
    await until('two renewals have failed', () => failures.length > 1)
    expect(failures[0]).to.include('authority-key.pem, its key, is missing')
    stop.abort()
    const count = failures.length
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(failures).to.have.length(count)
  })

  it('names localhost, the host names of the configuration and the address on which the ingress listens', () => {
    const config = toConfig({
      ingress: { hostNames: 'a.example,b.example', hostAddress: '192.0.2.7' },
    })
    expect(ownNames(config)).to.include.members([
      'localhost',
      'a.example',
      'b.example',
      '192.0.2.7',
    ])
  })
})
