import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { requireKafka } from '../../scripts/platform/external/require-kafka.ts'
import { BrokerWithTls } from '../support/broker-with-tls.ts'
import { aCertificate } from '../support/certificates.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

describe('a start with an existing Kafka', function () {
  this.timeout(60_000)

  const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
    attempt.then(
      () => undefined,
      (error: unknown) => error,
    )

  it('is refused with the reason if its certificate is not trusted (skipped without OpenSSL)', async function () {
    const [certificate, other] = [aCertificate(), aCertificate()]
    if (certificate === undefined || other === undefined) this.skip()
    using folder = new TemporaryFolder()
    const authorityFile = join(folder.path, 'ca.pem')
    writeFileSync(authorityFile, other.cert)
    await using broker = new BrokerWithTls(certificate)
    const brokers = [`localhost:${await broker.listen()}`]
    const config = toConfig({ kafka: { external: { brokers, tls: { authorityFile } } } })
    const failure = await failureOf(requireKafka(config))
    expect(failure).to.be.instanceOf(UserError)
    expect(String(failure)).to.match(
      /Kafka cannot be used: the certificate of Kafka is not signed by an authority that we trust .* Mend it, then start again\.$/,
    )
  })

  it('is not checked if the platform starts Kafka itself', async () => {
    await requireKafka(toConfig({}))
  })
})
