import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { privateEntrypoint } from '../../../infra/containers/programs/private-files.ts'
import type { JaasSection } from '../../../infra/topology/logins/jaas.ts'
import type { ContainerInputs, DeclaredContainer } from './declared-platform.ts'
import {
  declarePlatform,
  defaultPlatform,
  envOf,
  imageOf,
  largePlatform,
} from './declared-platform.ts'

const aliasesOf = ({ inputs }: DeclaredContainer) => inputs.networksAdvanced?.[0]?.aliases

/** The values of a repeated flag: `--override a=1 --override b=2` → a: 1, b: 2. */
function settingsOf({ command = [] }: ContainerInputs, flag: string): Record<string, string> {
  const flags = command.filter((_, index) => index % 2 === 0)
  expect(new Set(flags)).to.deep.equal(new Set([flag]))
  const pairs = command.filter((_, index) => index % 2 === 1)
  return Object.fromEntries(
    pairs.map((pair) => [pair.split('=')[0] ?? '', pair.replace(/^[^=]*=/, '')]),
  )
}

/** The file with the logins of a server, and the option that names it. */
const jaasFile = '/tmp/jaas.conf'
const jaasOption = `-Djava.security.auth.login.config=${jaasFile}`
/** The secrets that a JAAS file is made from, as commands of the shell. */
const kafkaSecret = '$(cat /run/secrets/kafka/secret)'
const zookeeperSecret = '$(cat /run/secrets/zookeeper/secret)'

/** A login without a password, which needs no container. */
const noLogin: JaasSection = { name: 'Client', module: 'NoModule', passwords: {} }

/** Expects that a shell writes the JAAS file and then runs the program. No password is on its command line. */
function expectLogins({ entrypoints = [] }: ContainerInputs, lines: readonly string[]): void {
  const [shell, option, script = '', folder, program] = entrypoints
  expect([shell, option]).to.deep.equal(['sh', '-c'])
  expect(folder).to.match(/^\/(data|var\/lib\/kafka\/data)$/)
  expect(program).to.match(/^\/.*\.sh$/)
  for (const line of [...lines, `cat > ${jaasFile} <<END`]) expect(script).to.include(line)
}

describe('Postgres container', () => {
  it('runs the official image with its settings on the command line', async () => {
    const { container, plans } = await defaultPlatform()
    const { inputs } = container('postgres-0')
    const { command = [], ...rest } = inputs
    expect(rest.image).to.equal(imageOf('postgres'))
    expect(rest.entrypoints).to.equal(undefined)
    expect(command[0]).to.equal('postgres')
    const settings = settingsOf({ ...inputs, command: command.slice(1) }, '-c')
    expect(settings).to.deep.equal(plans.find(({ role }) => role === 'postgres')?.settings)
    expect(settings['listen_addresses']).to.equal('0.0.0.0')
    expect(settings['port']).to.equal('5432')
  })

  it('reads the owner password from a file and requires a password for every connection', async () => {
    const tree = { postgres: { database: 'readings' }, ingress: { addressFile: '' } }
    const { container } = await declarePlatform(tree)
    expect(envOf(container('postgres-0'))).to.deep.equal({
      POSTGRES_USER: 'av_telemetry',
      POSTGRES_DB: 'readings',
      POSTGRES_PASSWORD_FILE: '/run/secrets/owner/secret',
      POSTGRES_INITDB_ARGS: '--auth-host=scram-sha-256 --encoding=UTF8 --locale=C',
    })
  })

  it('publishes its port on worker.hostAddress, like Kafka, and admits only the roles of workers from other machines', async () => {
    const { container } = await declarePlatform({
      worker: { hostAddress: '192.0.2.7' },
      ingress: { addressFile: '' },
    })
    const { inputs } = container('postgres-0')
    const at = (ip: string) => ({ internal: 5432, external: 54_321, ip })
    expect(inputs.ports).to.deep.equal([at('127.0.0.1'), at('192.0.2.7')])
    const file = '/var/run/postgresql/pg_hba.conf'
    const lines = [
      "'local all all trust'",
      "'host all all samenet scram-sha-256'",
      "'host all telemetry_worker,telemetry_reader all scram-sha-256'",
    ].join(' ')
    expect(inputs.entrypoints).to.deep.equal([
      ...['sh', '-c'],
      `umask 077; printf '%s\\n' ${lines} > ${file}; exec docker-entrypoint.sh "$@"`,
      'sh',
    ])
    expect(inputs.command).to.include(`hba_file=${file}`)
    const broker = container('kafka-0').inputs
    expect(broker.ports).to.deep.include({ internal: 19_093, external: 9192, ip: '192.0.2.7' })
    const settings = settingsOf(broker, '--override')
    expect(settings['listeners']).to.match(/,WORKERS:\/\/0\.0\.0\.0:19093$/)
    expect(settings['advertised.listeners']).to.match(/,WORKERS:\/\/192\.0\.2\.7:9192$/)
  })

  it('has its name as a network alias', async () => {
    const { container } = await defaultPlatform()
    expect(container('postgres-0').inputs.hostname).to.equal('postgres-0')
    expect(aliasesOf(container('postgres-0'))).to.deep.equal(['postgres-0'])
  })
})

describe('ZooKeeper container', () => {
  const common = {
    ZOO_CFG_EXTRA:
      'tickTime=2000 initLimit=10 syncLimit=5 admin.enableServer=false autopurge.purgeInterval=24 authProvider.sasl=org.apache.zookeeper.server.auth.SASLAuthenticationProvider enforce.auth.enabled=true enforce.auth.schemes=sasl',
    ZOO_DATA_LOG_DIR: '/data',
    ZOO_CONF_DIR: '/tmp',
    ZOOCFGDIR: '/tmp',
    JVMFLAGS: `-XX:+UseSerialGC -Dlogback.configurationFile=/conf/logback.xml ${jaasOption}`,
  }

  it('of a single server lists no other servers', async () => {
    const { container } = await defaultPlatform()
    const { inputs } = container('zookeeper-0')
    expect(inputs.image).to.equal(imageOf('zookeeper'))
    expect(inputs.command).to.deep.equal(['zkServer.sh', 'start-foreground'])
    expectLogins(inputs, [`user_kafka="${zookeeperSecret}"`])
    expect(inputs.entrypoints?.slice(3)).to.deep.equal(['/data', '/docker-entrypoint.sh'])
    expect(envOf(container('zookeeper-0'))).to.deep.equal({
      ...common,
      ZOO_MY_ID: '1',
      ZK_SERVER_HEAP: '128',
    })
  })

  it('of three servers lists all by name and has its own id', async () => {
    const { container } = await largePlatform()
    for (const instance of [0, 1, 2]) {
      const server = container(`zookeeper-${instance}`)
      expect(aliasesOf(server)).to.deep.equal([`zookeeper-${instance}`])
      expectLogins(server.inputs, [
        `user_zookeeper="${zookeeperSecret}"`,
        `username="zookeeper"\n  password="${zookeeperSecret}"`,
      ])
      expect(envOf(server)).to.deep.equal({
        ...common,
        ZOO_CFG_EXTRA: [
          common.ZOO_CFG_EXTRA,
          ...['enableSasl', 'learnerRequireSasl', 'serverRequireSasl'].map(
            (name) => `quorum.auth.${name}=true`,
          ),
          'quorum.cnxn.threads.size=20',
        ].join(' '),
        ZOO_MY_ID: String(instance + 1),
        ZOO_SERVERS: [
          'server.1=zookeeper-0:2281:2381;2181',
          'server.2=zookeeper-1:2281:2381;2181',
          'server.3=zookeeper-2:2281:2381;2181',
        ].join(' '),
        ZK_SERVER_HEAP: '128',
      })
    }
  })

  it('writes its configuration to a writable folder', async () => {
    const { container } = await defaultPlatform()
    const folder = envOf(container('zookeeper-0'))['ZOO_CONF_DIR'] ?? ''
    expect(Object.keys(container('zookeeper-0').inputs.tmpfs ?? {})).to.include(folder)
  })

  it('has the configured heap and additional memory', async () => {
    const tree = { zookeeper: { heapMegabytes: 300 }, ingress: { addressFile: '' } }
    const { container } = await declarePlatform(tree)
    expect(envOf(container('zookeeper-0'))['ZK_SERVER_HEAP']).to.equal('300')
    expect(container('zookeeper-0').inputs.memory).to.equal(492)
  })
})

describe('Kafka container', () => {
  it('runs the official image with every setting on the command line', async () => {
    for (const platform of [defaultPlatform, largePlatform]) {
      const { container, plans } = await platform()
      for (const { name, settings } of plans.filter(({ role }) => role === 'kafka')) {
        const { inputs } = container(name)
        expect(inputs.image).to.equal(imageOf('kafka'))
        expectLogins(inputs, [
          `user_av_telemetry="${kafkaSecret}"`,
          `username="kafka"\n  password="${zookeeperSecret}"`,
        ])
        expect(inputs.entrypoints?.slice(3)).to.deep.equal([
          settings['log.dirs'],
          '/opt/kafka/bin/kafka-server-start.sh',
          '/opt/kafka/config/server.properties',
        ])
        expect(settingsOf(inputs, '--override')).to.deep.equal(settings)
      }
    }
  })

  it('listens on the network for containers and on a separate port for this machine', async () => {
    const { container } = await largePlatform()
    for (const instance of [0, 1, 2]) {
      const { inputs } = container(`kafka-${instance}`)
      const settings = settingsOf(inputs, '--override')
      expect(settings['broker.id']).to.equal(String(instance))
      expect(settings['listeners']).to.equal('SERVICES://0.0.0.0:9092,HOST://0.0.0.0:19092')
      expect(settings['advertised.listeners']).to.equal(
        `SERVICES://kafka-${instance}:9092,HOST://127.0.0.1:${9092 + instance}`,
      )
      expect(settings['listener.security.protocol.map']).to.equal(
        'SERVICES:SASL_PLAINTEXT,HOST:SASL_PLAINTEXT',
      )
      expect(settings['inter.broker.listener.name']).to.equal('SERVICES')
      expect(settings['zookeeper.connect']).to.equal(
        'zookeeper-0:2181,zookeeper-1:2181,zookeeper-2:2181',
      )
      expect(inputs.ports).to.deep.equal([
        { internal: 19_092, external: 9092 + instance, ip: '127.0.0.1' },
      ])
    }
  })

  it('closes the folder of its volume and new files to other users before it starts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-volume-'))
    try {
      chmodSync(folder, 0o775)
      const program = ['sh', '-c', 'echo record > "$0/segment"', folder]
      const [file = '', ...args] = privateEntrypoint({
        ...{ folder, program, logins: [noLogin], target: 'docker' },
      })
      expect(spawnSync(file, args).status).to.equal(0)
      const modes = [folder, join(folder, 'segment')].map((path) => statSync(path).mode & 0o777)
      expect(modes).to.deep.equal([0o700, 0o600])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('keeps its log on its volume', async () => {
    const { container } = await defaultPlatform()
    const { inputs } = container('kafka-0')
    const { 'log.dirs': folder } = settingsOf(inputs, '--override')
    const [data, ...secrets] = (inputs.volumes ?? []).map(({ containerPath }) => containerPath)
    expect(data).to.equal(folder)
    expect(secrets).to.deep.equal(['/run/secrets/kafka', '/run/secrets/zookeeper'])
  })

  it('has the configured heap and additional memory', async () => {
    const tree = { kafka: { heapMegabytes: 1024 }, ingress: { addressFile: '' } }
    const { container } = await declarePlatform(tree)
    expect(envOf(container('kafka-0'))).to.deep.equal({
      KAFKA_HEAP_OPTS: '-Xmx1024m',
      KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC -Djava.awt.headless=true',
      KAFKA_LOG4J_OPTS: '-Dlog4j.configuration=file:/opt/kafka/config/tools-log4j.properties',
      KAFKA_OPTS: jaasOption,
      LOG_DIR: '/tmp',
      EXTRA_ARGS: '-name kafkaServer',
    })
    expect(container('kafka-0').inputs.memory).to.equal(1024 + 640)
  })
})

describe('ingress container', () => {
  it('has the same command and environment for any number of producers', async () => {
    const [{ container }, large] = [await defaultPlatform(), await largePlatform()]
    const { inputs } = container('ingress-0')
    expect(large.container('ingress-0').inputs).to.deep.equal(inputs)
    expect(inputs.image).to.equal(imageOf('ingress'))
    expect(inputs.envs).to.deep.equal([
      'MAX_CONNECTIONS_PER_CLIENT=1024',
      'PROXY_SECRET_FILE=/run/secrets/proxy/secret',
    ])
    expect(inputs.command).to.deep.equal(['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'])
    const script = inputs.entrypoints?.[2] ?? ''
    expect(script).to.match(
      /^PROXY_SECRET=\$\(cat "\$PROXY_SECRET_FILE"\) .* exec docker-entrypoint.sh "\$@"$/,
    )
    expect(inputs.volumes?.map(({ containerPath }) => containerPath)).to.deep.equal([
      '/run/secrets/proxy',
    ])
    expect(aliasesOf(container('ingress-0'))).to.deep.equal(['ingress-0', 'ingress'])
  })
})
