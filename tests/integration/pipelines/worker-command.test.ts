import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { startCommand } from '../../support/commands.ts'
import { classifieds, writeDeclaration } from '../../support/declared.ts'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { until, untilCount } from '../../support/until.ts'

const partitions = 4
const group = 'av-telemetry:classifieds'

describe('npm run worker', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant
  let platformWorker: Running
  let command: ChildProcess
  let output = ''

  before(async () => {
    declared = await DeclaredTenant.create({ partitions })
    const other = classifieds(`${declared.topic}-other`).replaceAll('"classifieds"', '"other"')
    writeDeclaration(declared.path, 'other', other)
    platformWorker = await declared.startWorker()
    await declared.untilLines('pipeline-started', 2)
  })

  after(async () => {
    if (command.exitCode === null) {
      command.kill('SIGKILL')
      await once(command, 'exit')
    }
    await declared[Symbol.asyncDispose]()
  })

  /** The number of partitions that each member of the consumer group has, the largest first. */
  async function partitionsOfMembers(): Promise<number[]> {
    const admin = createKafka(declared.tenant.kafka, 'a-test', serviceLogger).admin()
    await admin.connect()
    const { groups } = await admin.describeGroups([group])
    await admin.disconnect()
    // A list of the topics: their names and partitions, in the format of the Kafka protocol.
    const counts = (groups[0]?.members ?? []).map(({ memberAssignment }) =>
      countPartitions(memberAssignment),
    )
    return counts.sort((left, right) => right - left)
  }

  const advertisements = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => ({
      id: `${prefix}-${index}`,
      created_at: '2020-04-08T18:07:32.1688783Z',
    }))

  it('refuses the name of a pipeline that does not exist with exit code 2', async () => {
    command = startCommand(declared.tenant, ['worker', '--pipelines', 'classifieds', 'orders'])
    const [out, code] = await Promise.all([textOf(command), once(command, 'exit')])
    expect(out).to.equal(
      'There is no pipeline "orders"; the declared ones are: classifieds, other.\n',
    )
    expect(code[0]).to.equal(2)
  })

  it('ends when the reader of its output has closed the pipe', async () => {
    command = startCommand(declared.tenant, ['worker', '--pipelines', 'classifieds'])
    const ended = once(command, 'exit')
    if (command.stdout === null) throw new Error('the command has no output')
    await once(command.stdout, 'data')
    command.stdout.destroy()
    expect(await ended).to.deep.equal([0, null])
  })

  it('with --inspect lets a debugger attach to the worker and to its handler processes', async () => {
    command = startCommand(declared.tenant, ['worker', '--pipelines', 'classifieds', '--inspect'])
    let text = ''
    command.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part))
    const addressOf = (line: RegExp) =>
      until(`the output has ${line.source}`, () => line.exec(text)?.[1])
    const targets = async (address: string): Promise<unknown> =>
      (await fetch(`http://${address}/json/list`)).json()
    const ofWorker = await addressOf(/node inspect (127\.0\.0\.1:\d+)\./)
    expect(await targets(ofWorker)).to.have.length(1)
    const ofHandlers = await addressOf(/Debugger listening on ws:\/\/(127\.0\.0\.1:\d+)\//)
    expect(ofHandlers).to.not.equal(ofWorker)
    expect(await targets(ofHandlers)).to.have.length(1)
    const closed = once(command, 'close')
    command.kill('SIGINT')
    expect((await closed)[0]).to.equal(0)
  })

  it('runs a worker that shares the partitions with the worker of the platform', async () => {
    command = startCommand(declared.tenant, ['worker', '--pipelines', 'classifieds'])
    command.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
    const halves = [partitions / 2, partitions / 2].join()
    const divided = async () => (await partitionsOfMembers()).join()
    await until('the partitions are divided', async () => (await divided()) === halves)
    await until('its start is printed', () => output.includes('pipeline-started'))
    expect(output).to.match(
      /^This worker runs classifieds and shares its partitions with the workers of the platform\. Stop it with Ctrl-C\.\n/,
    )
    expect(output).to.not.include('pipeline=other')
    expect(output).to.match(/^\d\d:\d\d:\d\d info {2}pipeline-started pipeline=classifieds$/m)
  })

  it('stores every record once, while both workers run, join and leave', async () => {
    await declared.send(advertisements(200, 'both'))
    await declared.untilSettled(200)
    await declared.tenant.stop(platformWorker)
    await declared.send(advertisements(100, 'command-only'))
    await declared.untilSettled(300)
    platformWorker = await declared.startWorker()
    await declared.send(advertisements(100, 'both-again'))
    await declared.untilSettled(400)
    expect(await declared.tenant.account()).to.include({ stored: 400, updated: 0, duplicate: 0 })
    const [row] = await declared.tenant.sql('SELECT count(*)::int AS count FROM classifieds')
    expect(row).to.deep.equal({ count: 400 })
  })

  it('stops at Ctrl-C, and the worker of the platform continues with all partitions', async () => {
    // Not 'exit': the end of the output may arrive later.
    const closed = once(command, 'close')
    command.kill('SIGINT')
    expect((await closed)[0]).to.equal(0)
    expect(output).to.match(/Stopped\. The workers of the platform continue\.\n$/)
    await untilCount(
      'the worker of the platform has all partitions',
      async () => (await partitionsOfMembers())[0] ?? 0,
      partitions,
    )
    await declared.send(advertisements(10, 'after'))
    await declared.untilSettled(410)
  })
})

async function textOf({ stdout }: ChildProcess): Promise<string> {
  let text = ''
  stdout?.setEncoding('utf8').on('data', (part: string) => (text += part))
  if (stdout) await once(stdout, 'end')
  return text
}

/** @param assignment of one topic, in the format of the Kafka protocol */
function countPartitions(assignment: Buffer): number {
  if (assignment.length === 0) return 0
  // Version (2 bytes), number of topics (4), length of the name (2), name, number of partitions (4).
  const nameLength = assignment.readInt16BE(6)
  return assignment.readInt32BE(8 + nameLength)
}
