import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { InputError } from '../../../infra/checks/user-error.ts'
import { toConfig } from '../../../infra/config/config.ts'
import {
  describeAuthority,
  keepOwnCertificate,
  ownCertificateFiles,
  ownNames,
} from '../../../infra/local/certificate/own-certificate.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

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

  it('has keys that only their owner can read, and leaves no draft', () => {
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

  it('is kept until 30 days before its end, and then renewed by the same authority', () => {
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

  it('does not replace a damaged authority, because phones trust it', () => {
    rmSync(files().authorityKey)
    expect(() => keepOwnCertificate(home.path, { names })).to.throw(InputError, 'is damaged')
    expect(read(files().authority).ca).to.equal(true)
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
