import { X509Certificate } from 'node:crypto'
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { aCertificate } from '../support/certificates.ts'
import { RunningCommand } from '../support/started-platform.ts'
import { TlsClient } from '../support/tls-client.ts'
import { until } from '../support/until.ts'
import { isPresent } from './base-images/engine-images.ts'
import { runProgram } from './base-images/run-program.ts'
import { expectConfined, expectPublishedPorts } from './confinement.ts'
import { expectAllStored, expectFlow } from './expectations.ts'
import { crash, untilHealthy } from './faults.ts'
import { harness } from './harness-stack.ts'
import { Load } from './load.ts'
import { sharedEngine } from './engine-hooks.ts'
import { TestPlatform } from './test-platform.ts'
import { noHome, runCommand } from './vehicles.ts'

/** A crashed container, a disconnected container, and a fault that is unsupported here. */
const faults = 'broker-kill,network-cut,network-slow'

/** These tests share one platform, because a start takes most of their time. */
describe('one platform, by the harness', function () {
  this.timeout(900_000)
  let platform: TestPlatform
  /** Whether the engine has versitygw. */
  let hasFiles: boolean

  before(async () => {
    platform = await TestPlatform.create(harness)
    // The folder of the test is closed to other users. The worker is another user.
    const folder = join(platform.folder, 'own-pipelines')
    chmodSync(platform.folder, 0o755)
    mkdirSync(folder)
    cpSync(join(root, 'docs', 'examples', 'classifieds'), folder, { recursive: true })
    hasFiles = await isPresent(platform.config.images.versitygw)
    await platform.up(`worker.folder=${folder}`, `files.enabled=${hasFiles}`)
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  // First, because it expects only its readings, and no other pipeline in the ledger.
  it('starts again with the engine and loses no readings (only on an engine that the tests started: AV_TELEMETRY_OWN_ENGINE=true)', async function () {
    if (!sharedEngine().owned) this.skip()
    await using load = new Load(platform)
    await expectFlow(platform)
    await sharedEngine().restart()
    await expectFlow(platform)
    for (const name of ['kafka-0', 'consumer-0', 'producer-0', 'ingress-0']) {
      await untilHealthy(platform, name)
    }
    await expectAllStored(platform, load)
  })

  it('stores the example of classified advertisements: five records, four rows', async () => {
    await until('the worker has created the topic, and the records are sent', async () => {
      return (await runCommand(platform, 'examples', 'classifieds')).exitCode === 0
    })
    await until(
      'the rows are stored',
      async () => (await platform.sql('select count(*) from classifieds'))[0] === '4',
      60,
    )
    const outcomes = await platform.sql(
      `select sum(stored), sum(updated) from partition_ledger where pipeline = 'classifieds'`,
    )
    expect(outcomes).to.deep.equal(['4|1'])
  })

  it('loads a file that npm run drop puts into the bucket of its S3 server, and archives it (skipped without versitygw)', async function () {
    if (!hasFiles) this.skip()
    const example = (name: string) => join(root, 'docs', 'examples', 'castiron', name)
    const drop = async (...args: readonly string[]) => {
      expect(await runCommand(platform, 'drop', ...args)).to.include({ exitCode: 0 })
    }
    await drop(example('example_config.toml'))
    const count = `select count(*) from pipeline where file like 'bucket:%'`
    await until('it is declared', async () => (await platform.sql(count))[0] === '1')
    await drop(example('data_test.tsv'), '--to', 'castiron', '--wait')
    expect(await platform.sql('select count(*) from castiron')).to.deep.equal(['5'])
    const server = platform.containerName('objects-0')
    const archive = ['exec', server, 'ls', '/data/etl/03_archive']
    expect(await runProgram('docker', archive)).to.equal('data_test.tsv')
    await crash(platform, 'objects-0')
    const again = join(platform.folder, 'again_test.tsv')
    writeFileSync(again, 'id\tname\tmeasured_at\tvalue\n9\tBuoy\t2026-01-05T07:00:00Z\t1\n')
    await untilHealthy(platform, 'objects-0')
    await drop(again, '--to', 'castiron', '--wait')
    expect(await runProgram('docker', archive)).to.equal('again_test.tsv\ndata_test.tsv')
  })

  it('shows the web page and the keys of the S3 server only in npm run status (skipped without versitygw)', async function () {
    if (!hasFiles) this.skip()
    const { output } = await runCommand(platform, 'status')
    const [, page = '', accessKey = '', secretKey = ''] =
      /Web page: (\S+)\nAccess key: (\w{32}), secret key: (\w{32})\n/.exec(output) ?? []
    expect(page).to.equal(`http://localhost:${platform.config.objects.hostPort}/ui/`)
    expect(await (await fetch(page)).text()).to.include('<title>VersityGW')
    const info = await platform.inspect('objects-0')
    expectConfined(info, 'service')
    await expectPublishedPorts(platform, ['objects-0'])
    const shown = JSON.stringify(info) + (await platform.log('objects-0'))
    for (const key of [accessKey, secretKey]) expect(shown).to.not.include(key)
  })

  it('uses a certificate after the next up, and stores readings of fleets inside and outside of Docker (skipped if OpenSSL is not installed)', async function () {
    const pair = aCertificate()
    if (pair === undefined) this.skip()
    const folder = join(platform.folder, 'tls')
    mkdirSync(folder, { mode: 0o755 })
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    writeFileSync(certFile, pair.cert)
    writeFileSync(keyFile, pair.key)
    const outputs = await platform.up(
      `ingress.tls.certFile=${certFile}`,
      `ingress.tls.keyFile=${keyFile}`,
    )
    const { hostPort } = platform.config.ingress
    expect(outputs.events).to.equal(`https://localhost:${hostPort}/events`)
    const used = new X509Certificate(pair.cert).fingerprint256
    using client = new TlsClient(hostPort)
    expect((await client.get()).fingerprint).to.equal(used)
    const plain = await fetch(platform.eventsUrl).catch(() => undefined)
    expect(plain, 'a plain request is not answered').to.equal(undefined)

    const vins = async () => Number((await platform.sql('select count(distinct vin) from diag'))[0])
    const before = await vins()
    // Containers reach the ingress inside Docker's network, without TLS.
    const inside = await runCommand(platform, 'fleet', '--num-vehicles', '2', '--seed', '9')
    expect(inside.exitCode, inside.output).to.equal(0)
    await until('both vehicles in containers are stored', async () => (await vins()) >= before + 2)
    expect(await runCommand(platform, 'fleet', '--down')).to.include({ exitCode: 0 })

    const host = ['--host', `https://localhost:${hostPort}`, '--ca-file', certFile]
    const outside = new RunningCommand(['fleet', '--', ...host, '--num-vehicles', '1'], noHome)
    await outside.waitForOutput(/^ {2}[1-9]\d* acknowledged, /m)
    outside.pressCtrlC()
    expect(await outside.waitForExit(), outside.output).to.equal(0)
    await until('the vehicle outside is stored', async () => (await vins()) >= before + 3)
  })

  // Over TLS, if OpenSSL is installed.
  it('loses nothing under the faults that npm run verify injects', async () => {
    const options = ['--target', 'docker', '--network', platform.name, '--json', '--seed', '7']
    const lengths = ['--rate', '500', '--duration', '5']
    const command = ['verify', '--', ...options, ...lengths, '--faults', faults]
    const running = new RunningCommand(command, noHome)
    expect(await running.waitForExit(), running.output).to.equal(0)
    const report = JSON.parse(running.stdout) as { faults: Record<string, unknown>[] }
    const verdicts = report.faults.map(({ fault, lost, duplicateRows, ledgerBalanced }) => [
      fault,
      lost,
      duplicateRows,
      ledgerBalanced,
    ])
    expect(verdicts).to.deep.equal([
      ['broker-kill', 0, 0, true],
      ['network-cut', 0, 0, true],
      ['network-slow', null, null, null],
    ])
    for (const { fault, acknowledged } of report.faults.slice(0, 2))
      expect(acknowledged, String(fault)).to.be.greaterThan(0)
  })
})
