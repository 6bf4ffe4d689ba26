import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { checkTlsOnDocker } from '../../../infra/checks/certificate.ts'
import { InputError } from '../../../infra/checks/user-error.ts'
import { toConfig } from '../../../infra/config/config.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('check of the certificate for the ingress on Docker', () => {
  let clone: TemporaryFolder
  const at = (path: string) => join(clone.path, path)
  const check = (tls: object) => {
    checkTlsOnDocker(toConfig({ ingress: { tls } }), (path) => resolve(clone.path, path))
  }
  const files = { certFile: 'tls/cert.pem', keyFile: 'tls/key.pem' }

  beforeEach(() => {
    clone = new TemporaryFolder()
    mkdirSync(at('tls'))
    for (const file of ['tls/cert.pem', 'tls/key.pem', 'cert.pem', 'key.pem']) {
      writeFileSync(at(file), 'PEM')
      chmodSync(at(file), 0o644)
    }
  })

  afterEach(() => {
    clone[Symbol.dispose]()
  })

  it('accepts readable files in a separate folder, and a configuration without them', () => {
    check(files)
    check({})
  })

  it('refuses a folder that contains the clone, which would be mounted', () => {
    expect(() => {
      check({ ...files, keyFile: 'key.pem' })
    }).to.throw(InputError, /^ingress\.tls\.keyFile: .* contains the clone/)
  })

  it('refuses a link to a file outside the mounted folder, and accepts one inside', () => {
    symlinkSync('cert.pem', at('tls/inside.pem'))
    check({ ...files, certFile: 'tls/inside.pem' })
    symlinkSync('../cert.pem', at('tls/outside.pem'))
    expect(() => {
      check({ ...files, certFile: 'tls/outside.pem' })
    }).to.throw(InputError, /^ingress\.tls\.certFile: .* is a link to .* Copy the file instead\.$/)
  })

  it('refuses a key that the user of HAProxy cannot read', function () {
    if (process.platform !== 'linux') this.skip()
    chmodSync(at('tls/key.pem'), 0o600)
    expect(() => {
      check(files)
    }).to.throw(InputError, /^ingress\.tls\.keyFile: the ingress cannot read .* chown 99 /)
    if (process.geteuid?.() !== 0) return
    chownSync(at('tls/key.pem'), 99, 99)
    check(files)
  })

  it('refuses selfSigned, which only npm start knows', () => {
    expect(() => {
      check({ selfSigned: true })
    }).to.throw(InputError, 'ingress.tls.selfSigned')
  })
})
