import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { localPassword } from '../../../scripts/platform/database.ts'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'

describe('npm run kafka -- credentials', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let folder: TemporaryFolder
  const password = () => localPassword(tenant.deployment.folders, 'kafka')
  const address = () => `127.0.0.1:${tenant.config.kafka.hostPort}`

  before(async () => {
    folder = new TemporaryFolder()
    tenant = await Tenant.create(await sharedServers())
    await tenant.directChanges.produce([{ value: 'first' }, { value: 'second' }])
    recordAsRunning(tenant)
  })

  after(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** Runs a tool of Kafka by its class, as the script of the same name does. */
  function runTool(mainClass: string, args: readonly string[], input = '') {
    const jars = join(tenant.deployment.folders.jars, '*')
    const java = ['-Xmx128m', '-XX:+UseSerialGC', '-cp', jars, mainClass, ...args]
    return spawnSync('java', java, { encoding: 'utf8', input, timeout: 60_000 })
  }

  async function countRecords(): Promise<number> {
    const kafka = createKafka(tenant.kafka, 'a-test', serviceLogger)
    await using admin = new TopicAdmin(kafka, tenant.kafka.topic)
    return (await admin.ranges()).reduce((sum, { low, high }) => sum + high - low, 0)
  }

  it('prints address, user and password', async () => {
    const { code, out, err } = await runCommand(tenant, ['kafka', 'credentials'])
    expect(code, err).to.equal(0)
    expect(out).to.include(`Kafka listens at ${address()}, only on this machine.`)
    expect(out).to.match(/user +av_telemetry\n/)
    expect(out).to.match(new RegExp(`password +${password()}\n`))
  })

  it('writes client.properties, with which the tools of Kafka read the settings of a topic and write records', async () => {
    const file = join(folder.path, 'client.properties')
    const { topic } = tenant.config.kafka
    const command = ['kafka', 'credentials', '--properties', file]
    const { code, out, err } = await runCommand(tenant, command)
    expect(code, err).to.equal(0)
    expect(out).to.include('kafka-topics.sh').and.to.not.include(password())
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    const at = ['--bootstrap-server', address()]
    const settings = runTool('kafka.admin.ConfigCommand', [
      ...[...at, '--command-config', file, '--describe'],
      ...['--entity-type', 'topics', '--entity-name', topic],
    ])
    expect(settings.stdout, settings.stderr).to.include(`configs for topic ${topic} are:`)
    const producer = [...at, '--producer.config', file, '--topic', topic]
    const written = runTool('kafka.tools.ConsoleProducer', producer, 'third\n')
    expect(await countRecords(), written.stderr).to.equal(3)
    const again = await runCommand(tenant, command)
    expect(again.code).to.not.equal(0)
    expect(again.out).to.include(
      `${file} exists. Remove it, or name another file with --properties.`,
    )
  })

  it('writes the configuration of kcat', async () => {
    const file = join(folder.path, 'kcat.conf')
    const { code, out } = await runCommand(tenant, ['kafka', 'credentials', '--kcat', file])
    expect(code).to.equal(0)
    expect(out).to.include(`kcat -F ${file} -C -t ${tenant.config.kafka.topic}`)
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    // The names of the settings of librdkafka.
    expect(readFileSync(file, 'utf8')).to.equal(
      `bootstrap.servers=${address()}\nsecurity.protocol=sasl_plaintext\nsasl.mechanisms=PLAIN\nsasl.username=av_telemetry\nsasl.password=${password()}\n`,
    )
  })
})
