import { expect } from 'chai'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import { toConfig } from '../../../infra/config/config.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import { kubernetesPlacement } from '../../../infra/kubernetes/placement.ts'
import { localPlacement } from '../../../infra/local/placement.ts'
import { kafkaFiles } from '../../../infra/topology/external/kafka.ts'
import { hostPortsOf } from '../../../infra/topology/host-ports.ts'
import type { Placement } from '../../../infra/topology/placement.ts'
import { userFilesOf } from '../../../infra/topology/role-registry.ts'
import type { ServicePlan } from '../../../infra/topology/service-plan.ts'
import { servicesOf, topologyOf } from '../../../infra/topology/topology.ts'
import { faultsOf } from './faults-of.ts'

const brokers = ['kafka-1.example.com:9093', '[2001:db8::7]:9093']
const external = {
  brokers,
  tls: { authorityFile: 'secrets/ca.pem' },
  sasl: {
    mechanism: 'scram-sha-512',
    usernameFile: 'secrets/user',
    passwordFile: 'secrets/password',
  },
}

const folders = {
  ...{ root: '/clone', state: '/state', data: '/state/data', logs: '/state/logs' },
  ...{ secrets: '/state/secrets', settings: '/state/settings' },
  ...{ bundles: '/state/bundles', jars: '/state/jars' },
}

const placements: Readonly<Record<string, (config: PlatformConfig) => Placement>> = {
  local: (config) => localPlacement(config, folders),
  docker: dockerPlacement,
  kubernetes: () => kubernetesPlacement(),
}

describe('kafka.external', () => {
  const config = toConfig({ kafka: { external } })
  const plansOn = (target: string, of = config): ServicePlan[] =>
    servicesOf(topologyOf(of, placements[target]?.(of) as Placement, 0))

  for (const target of Object.keys(placements)) {
    it(`starts no Kafka and no ZooKeeper on ${target}, and all other services`, () => {
      const roles = (of?: PlatformConfig) => new Set(plansOn(target, of).map(({ role }) => role))
      const ours = [...roles(toConfig({}))]
      expect([...roles()]).to.deep.equal(
        ours.filter((role) => role !== 'kafka' && role !== 'zookeeper'),
      )
    })

    it(`gives the same addresses to each service that used our Kafka on ${target}`, () => {
      const readers = plansOn(target, toConfig({})).filter(({ env }) => 'KAFKA_BROKERS' in env)
      const given = plansOn(target).filter(({ env }) => 'KAFKA_BROKERS' in env)
      expect(given.map(({ name }) => name)).to.deep.equal(readers.map(({ name }) => name))
      for (const { env } of given) {
        expect(env['KAFKA_BROKERS']).to.equal(brokers.join(','))
        expect(env['KAFKA_EXTERNAL']).to.equal('true')
        expect(env['KAFKA_TLS']).to.equal('true')
        expect(env['KAFKA_SASL_MECHANISM']).to.equal('scram-sha-512')
        expect(env).not.to.have.property('KAFKA_USER')
      }
    })
  }

  const filesOn = (target: string) => {
    const { env } = plansOn(target).find(({ role }) => role === 'consumer') as ServicePlan
    return ['KAFKA_AUTHORITY_FILE', 'KAFKA_USERNAME_FILE', 'KAFKA_PASSWORD_FILE'].map(
      (name) => env[name],
    )
  }

  it('lets processes of this machine read the files of the user', () => {
    expect(filesOn('local')).to.deep.equal([
      '/clone/secrets/ca.pem',
      '/clone/secrets/user',
      '/clone/secrets/password',
    ])
  })

  it('gives containers each file as a secret', () => {
    for (const target of ['docker', 'kubernetes']) {
      expect(filesOn(target)).to.deep.equal([
        '/run/secrets/kafka-authority-key/secret',
        '/run/secrets/kafka-username-key/secret',
        '/run/secrets/kafka-password-key/secret',
      ])
    }
  })

  it('needs no files without TLS and login, and none if the platform starts Kafka itself', () => {
    const plain = toConfig({ kafka: { external: { brokers, tls: { enabled: false } } } })
    expect(kafkaFiles(plain)).to.deep.equal([])
    expect(kafkaFiles(toConfig({}))).to.deep.equal([])
    const { env } = plansOn('local', plain).find(({ role }) => role === 'producer') as ServicePlan
    const names = Object.keys(env).filter((name) => name.startsWith('KAFKA_'))
    expect(names.sort()).to.deep.equal([
      'KAFKA_BROKERS',
      'KAFKA_EXTERNAL',
      'KAFKA_TLS',
      'KAFKA_TOPIC',
    ])
  })

  it('has files whose names end with key, so that Docker renews their copies', () => {
    const own = new Set(userFilesOf(toConfig({})).map(({ name }) => name))
    const added = userFilesOf(config).filter(({ name }) => !own.has(name))
    expect(added).to.have.lengthOf(3)
    for (const { name } of added) expect(name).to.match(/key$/)
  })

  it('uses no port of this machine for Kafka and ZooKeeper', () => {
    expect(hostPortsOf(config).map(({ holder }) => holder)).to.not.include.members([
      'kafka-0',
      'zookeeper-0',
    ])
  })

  it('may ask for more replicas than the list has brokers', () => {
    const kafka = { replicationFactor: 3, minInsyncReplicas: 2, external: { brokers: ['a:9092'] } }
    expect(toConfig({ kafka }).kafka.replicationFactor).to.equal(3)
  })

  it('is refused with servers of ours', () => {
    const tree = {
      kafka: { instances: 3, external },
      zookeeper: { instances: 3 },
      worker: { hostAddress: '192.0.2.7' },
    }
    expect(faultsOf(tree)).to.deep.equal([
      'kafka.instances: 3 brokers cannot be started: the platform uses kafka.external.brokers and starts none; remove this key',
      'zookeeper.instances: 3 ZooKeeper servers cannot be started: the platform uses kafka.external.brokers and starts none; remove this key',
      'worker.hostAddress: workers on other machines need a Kafka of the platform, but it uses kafka.external.brokers; remove one of the two',
    ])
  })

  it('is refused with an address that is not HOST:PORT', () => {
    const kafka = { external: { brokers: ['kafka-1.example.com', 'https://a:1', 'a:0'] } }
    expect(faultsOf({ kafka })).to.have.lengthOf(3)
    expect(faultsOf({ kafka })[0]).to.equal(
      'kafka.external.brokers.0: expected HOST:PORT, e.g. kafka-1.example.com:9093 (got "kafka-1.example.com")',
    )
  })

  it('is refused with a mechanism without files, and with files without a mechanism', () => {
    const withSasl = (sasl: object) => faultsOf({ kafka: { external: { brokers, sasl } } })
    expect(withSasl({ mechanism: 'plain', usernameFile: 'user' })).to.deep.equal([
      'kafka.external.sasl.passwordFile: kafka.external.sasl.mechanism needs it; name a file',
    ])
    expect(withSasl({ passwordFile: 'password' })).to.deep.equal([
      'kafka.external.sasl.passwordFile: it is used only with kafka.external.sasl.mechanism; set that to plain, scram-sha-256 or scram-sha-512, or remove the key',
    ])
  })

  it('is refused with authorities but without TLS', () => {
    const tls = { enabled: false, authorityFile: 'ca.pem' }
    expect(faultsOf({ kafka: { external: { brokers, tls } } })).to.deep.equal([
      'kafka.external.tls.authorityFile: is used only with TLS; set kafka.external.tls.enabled to true, or remove this key',
    ])
  })

  it('is refused with a login or authorities but without brokers', () => {
    const { tls, sasl } = external
    const ending = 'is used only with kafka.external.brokers; set that, or remove this key'
    expect(faultsOf({ kafka: { external: { tls, sasl } } })).to.deep.equal([
      `kafka.external.tls.authorityFile: ${ending}`,
      `kafka.external.sasl.mechanism: ${ending}`,
      `kafka.external.sasl.usernameFile: ${ending}`,
      `kafka.external.sasl.passwordFile: ${ending}`,
    ])
  })
})
