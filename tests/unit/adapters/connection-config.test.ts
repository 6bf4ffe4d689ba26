import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import { expect } from 'chai'
import type {
  PostgresSettings,
  PostgresTls,
} from '../../../services/adapters/postgres/driver/settings.ts'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

const own: PostgresSettings = {
  ...{ host: '127.0.0.1', port: 5432, database: 'db', table: 'diag' },
  ...{ user: 'someone', password: 'at the start' },
}
const tlsOf = (tls: PostgresTls, host = 'db.example.com') =>
  connectionOf({ ...own, host, tls }).ssl as ConnectionOptions

const certificateFor = (name: string) =>
  ({ subjectaltname: `DNS:${name}`, subject: { CN: name } }) as unknown as PeerCertificate

describe('the connection to Postgres', () => {
  it('of a server of the platform has no TLS, and the password of the start', () => {
    expect(connectionOf(own)).to.deep.equal({
      ...{ host: '127.0.0.1', port: 5432, database: 'db' },
      ...{ user: 'someone', password: 'at the start' },
    })
  })

  it('is not encrypted with the mode disable, whatever PGSSLMODE says', () => {
    expect(tlsOf({ mode: 'disable' })).to.equal(false)
  })

  it('checks no certificate with the mode require', () => {
    expect(tlsOf({ mode: 'require' })).to.deep.equal({ rejectUnauthorized: false })
  })

  it('checks the authority but no name with the mode verify-ca', () => {
    const { rejectUnauthorized, checkServerIdentity } = tlsOf({ mode: 'verify-ca' })
    expect(rejectUnauthorized).to.equal(true)
    expect(checkServerIdentity?.('', certificateFor('other.example.com'))).to.equal(undefined)
  })

  it('checks authority and name with the mode verify-full', () => {
    const { rejectUnauthorized, checkServerIdentity } = tlsOf({ mode: 'verify-full' })
    expect(rejectUnauthorized).to.equal(true)
    expect(checkServerIdentity?.('', certificateFor('db.example.com'))).to.equal(undefined)
    expect(checkServerIdentity?.('', certificateFor('other.example.com'))?.message).to.match(
      /does not match certificate's altnames/,
    )
    const behindProxy = tlsOf({ mode: 'verify-full', serverName: 'db.example.com' }, '127.0.0.1')
    expect(behindProxy.checkServerIdentity?.('', certificateFor('db.example.com'))).to.equal(
      undefined,
    )
  })

  it('reads the password and the authorities again for each connection', () => {
    using folder = new TemporaryFolder()
    const [passwordFile, authorityFile] = ['password', 'ca.pem'].map((name) =>
      join(folder.path, name),
    ) as [string, string]
    const settings: PostgresSettings = {
      ...{ ...own, passwordFile },
      tls: { mode: 'verify-full', authorityFile },
    }
    for (const content of ['first', 'second']) {
      writeFileSync(passwordFile, `${content} password\n`)
      writeFileSync(authorityFile, `${content} authority`)
      const { password, ssl } = connectionOf(settings)
      expect((password as () => string)()).to.equal(`${content} password`)
      expect(String((ssl as ConnectionOptions).ca)).to.equal(`${content} authority`)
    }
  })

  it('fails with the reason if a file cannot be used', async () => {
    using folder = new TemporaryFolder()
    const missing = join(folder.path, 'missing')
    const { password } = connectionOf({ ...own, passwordFile: missing })
    expect(password).to.throw(
      /^The file with the password of Postgres \(.*missing\) cannot be read/,
    )
    const tls = { mode: 'verify-full', authorityFile: missing } as const
    const { stream } = connectionOf({ ...own, tls })
    const socket = (stream as () => NodeJS.EventEmitter)()
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve))
    expect(error.message).to.match(/^The file with the authority of Postgres \(.*missing\)/)
  })
})
