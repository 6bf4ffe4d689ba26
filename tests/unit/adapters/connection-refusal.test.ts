import { expect } from 'chai'
import { explainRefusal } from '../../../services/adapters/postgres/driver/connection-refusal.ts'
import { toPostgresFault } from '../../../services/adapters/postgres/driver/errors.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'

const settings: PostgresSettings = {
  ...{ host: 'db.example.com', port: 5432, database: 'db', table: 'diag' },
  ...{ user: 'telemetry_writer', password: '', passwordFile: '/run/secrets/writer' },
  tls: { mode: 'verify-full', authorityFile: '/run/secrets/authority' },
}

const withCode = (code: string, message: string) => Object.assign(new Error(message), { code })
const explained = (code: string, message: string) =>
  explainRefusal(withCode(code, message), settings).message

describe('A refused connection to an existing Postgres', () => {
  it('says which authority is missing', () => {
    const message = 'self-signed certificate in certificate chain'
    expect(explained('SELF_SIGNED_CERT_IN_CHAIN', message)).to.equal(
      'The certificate of Postgres at db.example.com:5432 is not trusted (self-signed certificate in certificate chain). If it is right, name a file with its authority in postgres.external.tls.authorityFile, or put the authority into /run/secrets/authority.',
    )
  })

  it('says that the certificate is for another host', () => {
    const message = "Host: db.example.com. is not in the cert's altnames: DNS:other.example.com."
    expect(explained('ERR_TLS_CERT_ALTNAME_INVALID', message)).to.match(
      /is for another host \(.*DNS:other\.example\.com\)\. Set postgres\.external\.host to a name in the certificate/,
    )
  })

  it('says that the certificate has expired', () => {
    expect(explained('CERT_HAS_EXPIRED', 'certificate has expired')).to.match(
      /is not valid now \(certificate has expired\)\. Renew it on the server/,
    )
  })

  it('says which file has the refused password, and remains an outage', () => {
    const error = withCode('28P01', 'password authentication failed for user "telemetry_writer"')
    const refusal = explainRefusal(error, settings)
    expect(refusal.message).to.equal(
      'Postgres at db.example.com:5432 refuses the password of telemetry_writer (password authentication failed for user "telemetry_writer"). Put the right one into /run/secrets/writer; it is read again for each connection.',
    )
    expect(refusal.cause).to.equal(error)
    expect(refusal).to.have.property('code', '28P01')
    expect(toPostgresFault(refusal)).to.equal('outage')
  })

  it('is unchanged for other reasons', () => {
    const error = withCode('ECONNREFUSED', 'connect ECONNREFUSED 192.0.2.1:5432')
    expect(explainRefusal(error, settings)).to.equal(error)
  })
})
