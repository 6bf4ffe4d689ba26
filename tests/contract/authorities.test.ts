import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readTokens } from '../../infra/checks/read-tokens.ts'
import { checkUserFiles } from '../../infra/checks/user-files.ts'
import { toConfig } from '../../infra/config/config.ts'
import { aCertificate } from '../support/certificates.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const config = toConfig({
  kafka: {
    external: {
      brokers: ['a:9093'],
      tls: { authorityFile: 'ca.pem' },
      sasl: { mechanism: 'plain', usernameFile: 'user', passwordFile: 'password' },
    },
  },
})

describe('the files of kafka.external', () => {
  let folder: TemporaryFolder
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder.path, name), content)
  }
  beforeEach(() => {
    folder = new TemporaryFolder()
    write({ user: 'fleet\n', password: 'a-password\n' })
  })
  afterEach(() => {
    folder[Symbol.dispose]()
  })
  const check = () => {
    checkUserFiles(config, folder.path)
  }

  it('are reported together if they are missing or wrong', () => {
    write({ 'ca.pem': 'no certificate', password: 'two words' })
    const expected = 'expected a file with the certificates of authorities in PEM.'
    expect(check).to.throw(
      `kafka.external.tls.authorityFile: ${folder.path}/ca.pem contains no certificate; ${expected}\nkafka.external.sasl.passwordFile: ${folder.path}/password contains a space; `,
    )
  })

  it('are refused if a certificate is damaged', () => {
    write({ 'ca.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' })
    expect(check).to.throw(/certificate 1 in .*ca\.pem cannot be used/)
  })

  it('are refused if one is missing', () => {
    expect(check).to.throw(
      /^kafka\.external\.tls\.authorityFile: .*ca\.pem cannot be read \(ENOENT/,
    )
  })

  it('are copied whole to containers (skipped without OpenSSL)', function () {
    const [first, second] = [aCertificate(), aCertificate()]
    if (first === undefined || second === undefined) this.skip()
    const authorities = `# ours\n${first.cert}\n${second.cert}`
    write({ 'ca.pem': authorities })
    check()
    expect(readTokens(config, folder.path)).to.include({
      'kafka-authority-key': authorities,
      'kafka-username-key': 'fleet',
      'kafka-password-key': 'a-password',
    })
  })
})
