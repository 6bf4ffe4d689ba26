import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { accessFaultOf } from '../../../services/adapters/kafka/connection/access-fault.ts'
import type { KafkaAccess } from '../../../services/adapters/kafka/connection/access.ts'
import { readKafkaEnv } from '../../../services/adapters/kafka/connection/access.ts'
import { toConnection } from '../../../services/adapters/kafka/connection/kafkajs-options.ts'
import { RecordConsumer } from '../../../services/adapters/kafka/record-consumer.ts'
import { EnvironmentReader } from '../../../services/runtime/env.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { BrokerWithTls } from '../../support/broker-with-tls.ts'
import { aCertificate } from '../../support/certificates.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

type Certificate = NonNullable<ReturnType<typeof aCertificate>>

describe('the access to an existing Kafka', () => {
  let folder: TemporaryFolder
  let files: { authorityFile: string; usernameFile: string; passwordFile: string }
  beforeEach(() => {
    folder = new TemporaryFolder()
    const at = (name: string): string => join(folder.path, name)
    files = { authorityFile: at('ca'), usernameFile: at('user'), passwordFile: at('password') }
    writeFileSync(files.usernameFile, 'fleet\n')
    writeFileSync(files.passwordFile, 'first password\n')
  })
  afterEach(() => {
    folder[Symbol.dispose]()
  })

  const externalEnv = () => ({
    KAFKA_BROKERS: 'kafka-1.example.com:9093, kafka-2.example.com:9093',
    KAFKA_TOPIC: 'readings',
    KAFKA_EXTERNAL: 'true',
    KAFKA_TLS: 'true',
    KAFKA_AUTHORITY_FILE: files.authorityFile,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_USERNAME_FILE: files.usernameFile,
    KAFKA_PASSWORD_FILE: files.passwordFile,
  })
  const read = (source: Record<string, string>) => {
    const env = new EnvironmentReader(source)
    return env.finish(readKafkaEnv(env))
  }

  describe('in the environment', () => {
    it('names files, which are not read at the start', () => {
      const { usernameFile, passwordFile, authorityFile } = files
      expect(read(externalEnv())).to.deep.equal({
        brokers: ['kafka-1.example.com:9093', 'kafka-2.example.com:9093'],
        topic: 'readings',
        isExternal: true,
        tls: { authorityFile },
        login: { mechanism: 'scram-sha-512', usernameFile, passwordFile },
      })
    })

    it('may have neither TLS nor a login', () => {
      const { KAFKA_BROKERS, KAFKA_TOPIC } = externalEnv()
      const plain = { KAFKA_BROKERS, KAFKA_TOPIC, KAFKA_EXTERNAL: 'true', KAFKA_TLS: 'false' }
      expect(Object.keys(read(plain))).to.deep.equal(['brokers', 'topic', 'isExternal'])
    })

    it('is refused with an unknown mechanism', () => {
      const env = { ...externalEnv(), KAFKA_SASL_MECHANISM: 'gssapi' }
      expect(() => read(env)).to.throw(
        'KAFKA_SASL_MECHANISM is "gssapi"; it should be plain, scram-sha-256, scram-sha-512.',
      )
    })
  })

  const access = (mechanism: 'plain' | 'scram-sha-512', brokers = ['a:1']): KafkaAccess => {
    const { authorityFile, usernameFile, passwordFile } = files
    return { brokers, tls: { authorityFile }, login: { mechanism, usernameFile, passwordFile } }
  }

  it('reads a renewed password and renewed authorities again', () => {
    const { sasl, ssl } = toConnection(access('scram-sha-512'))
    const login = sasl as { username: string; password: string }
    const authority = ssl as { ca: string }
    writeFileSync(files.authorityFile, 'first authority')
    expect(login).to.include({ username: 'fleet', password: 'first password' })
    expect(authority.ca).to.equal('first authority')
    writeFileSync(files.passwordFile, 'second password')
    writeFileSync(files.authorityFile, 'second authority')
    expect(login.password).to.equal('second password')
    expect(authority.ca).to.equal('second authority')
  })

  it('names a file that is empty or missing', () => {
    const login = toConnection(access('plain')).sasl as { username: string; password: string }
    writeFileSync(files.passwordFile, '\n')
    expect(() => login.password).to.throw(
      `the file with the password for Kafka is empty: ${files.passwordFile}`,
    )
    folder[Symbol.dispose]()
    expect(() => login.username).to.throw(/the file with the user name for Kafka cannot be read/)
    folder = new TemporaryFolder()
  })

  describe('at a broker with TLS (skipped without OpenSSL)', function () {
    this.timeout(30_000)
    let certificate: Certificate
    before(function () {
      const made = aCertificate()
      if (made === undefined) this.skip()
      certificate = made
    })

    /** @returns the error of a client that connects once */
    const connect = async (broker: string): Promise<unknown> => {
      const settings = { ...access('plain', [broker]), topic: 'readings', failsAtOnce: true }
      const kafka = createKafka(settings, 'a-test', createLogger('test', 'silent'))
      const admin = kafka.client((own) => own.admin({ retry: { retries: 0 } }))
      const error: unknown = await admin.connect().catch((reason: unknown) => reason)
      admin.close()
      return error
    }

    it('logs in with the password that the file has at the time of the connection', async () => {
      writeFileSync(files.authorityFile, certificate.cert)
      await using broker = new BrokerWithTls(certificate)
      const address = `localhost:${await broker.listen()}`
      await connect(address)
      writeFileSync(files.passwordFile, 'second password')
      await connect(address)
      expect(broker.logins).to.have.lengthOf(2)
      expect(broker.logins[0]).to.include('fleet\0first password')
      expect(broker.logins[1]).to.include('fleet\0second password')
    })

    it('fails with the reason, and without a login, until the authority of a renewed certificate is in the file', async () => {
      writeFileSync(files.authorityFile, certificate.cert)
      await using broker = new BrokerWithTls(certificate)
      const address = `localhost:${await broker.listen()}`
      const renewed = aCertificate() as Certificate
      broker.renew(renewed)
      expect(accessFaultOf(await connect(address))).to.match(
        /^the certificate of Kafka is not signed by an authority that we trust \(/,
      )
      expect(broker.logins).to.deep.equal([])
      writeFileSync(files.authorityFile, renewed.cert)
      await connect(address)
      expect(broker.logins).to.have.lengthOf(1)
    })

    it('fails with the reason at another host name than that of the certificate', async () => {
      writeFileSync(files.authorityFile, certificate.cert)
      await using broker = new BrokerWithTls(certificate)
      const fault = accessFaultOf(await connect(`127.0.0.1:${await broker.listen()}`))
      expect(fault).to.match(/^the certificate of Kafka is for another host name \(/)
    })

    it('makes a consumer say why it is not in its group', async () => {
      writeFileSync(files.authorityFile, (aCertificate() as Certificate).cert)
      await using broker = new BrokerWithTls(certificate)
      const brokers = [`localhost:${await broker.listen()}`]
      const logger = createLogger('test', 'silent')
      const settings = { ...access('plain', brokers), topic: 'readings', failsAtOnce: true }
      const kafka = createKafka(settings, 'a-test', logger)
      const onJoin = (): void => undefined
      const options = { topic: 'readings', groupId: 'a-group', logger, onJoin, commits: false }
      await using consumer = new RecordConsumer(kafka, options)
      consumer.start(() => Promise.resolve(undefined))
      const fault = await until('it says why', () => consumer.accessFault)
      expect(fault).to.match(
        /^the certificate of Kafka is not signed by an authority that we trust/,
      )
    })

    it('fails with the name of a file that is missing', async () => {
      await using broker = new BrokerWithTls(certificate)
      const fault = accessFaultOf(await connect(`localhost:${await broker.listen()}`))
      expect(fault).to.match(/^the file with the certificate authorities for Kafka cannot be read/)
    })
  })
})

describe('accessFaultOf', () => {
  const wrapped = (cause: unknown): Error => new Error('retries exceeded', { cause })

  it('finds a refused login, also as a cause', () => {
    const refused = Object.assign(new Error('SASL PLAIN authentication failed'), {
      name: 'KafkaJSSASLAuthenticationError',
    })
    const sentence = 'Kafka refuses the login: SASL PLAIN authentication failed'
    expect(accessFaultOf(refused)).to.equal(sentence)
    expect(accessFaultOf(wrapped(refused))).to.equal(sentence)
  })

  it('finds a right that is missing', () => {
    expect(accessFaultOf(wrapped({ type: 'TOPIC_AUTHORIZATION_FAILED' }))).to.equal(
      'Kafka denies this login a right at a topic',
    )
  })

  it('finds nothing in brokers that are down', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    expect(accessFaultOf(wrapped(refused))).to.equal(undefined)
    expect(accessFaultOf(undefined)).to.equal(undefined)
  })
})
