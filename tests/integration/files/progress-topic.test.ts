import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import { localPassword } from '../../../scripts/platform/database.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { roles } from '../../../services/adapters/postgres/driver/settings.ts'
import { castiron, FileTenant } from '../../support/file-tenant.ts'
import { ReadTopic } from '../../support/read-topic.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { until } from '../../support/until.ts'

const handlers = `import { handler, z } from 'av-telemetry'
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export const slow = handler({
  name: 'shop.slow',
  params: z.strictObject({}),
  run: async (_, { file, progress }) => {
    for (let step = 1; step < 5000; step += 1) progress(step / 10_000)
    await wait(200)
    progress(0.5)
    if (file.name.startsWith('bad')) throw new Error('cannot read ' + file.name)
    await wait(file.name.startsWith('endless') ? 600_000 : 5_000)
    return []
  },
})
`

describe('The topic with the progress of files', function () {
  this.timeout(120_000)
  let files: FileTenant
  let topic: string
  let tracker: ReadTopic

  before(async () => {
    files = await FileTenant.create()
    mkdirSync(join(files.folder, 'handlers'), { recursive: true })
    writeFileSync(join(files.folder, 'handlers', 'shop.ts'), handlers)
    const { kafka } = files.tenant
    topic = `${kafka.topic}-tracker`
    tracker = new ReadTopic(createKafka(kafka, 'a-test', serviceLogger), topic)
    const declaration = (name: string, rest: string) =>
      `name = "${name}"\nprogress = "${topic}"\n${rest}`
    files.declare('castiron', `progress = "${topic}"\n${castiron}`)
    const slow = 'run = "shop.slow"\nretry = { attempts = 2, first = "1 ms" }\nconcurrency = 3'
    files.declare('slow', declaration('slow', `${slow}\nfrom.files = { match = ["*.slow"] }\n`))
  })

  after(async () => {
    await tracker[Symbol.asyncDispose]()
    await files[Symbol.asyncDispose]()
  })

  /** The events of a file that a consumer has read, without repeated ones. */
  const eventsOf = (name: string) => {
    const distinct = [...new Map(tracker.messages.map((each) => [each.id, each])).values()]
    const events = distinct.map((each) => JSON.parse(each.value) as Record<string, unknown>)
    const made = events.find(({ filename }) => filename === `01_inbox/${name}`)
    return events.filter((event) => event['job_id'] === made?.['job_id'])
  }
  const untilEnded = (name: string, status: string) =>
    until(`the consumer has read that ${name} is ${status}`, () => {
      const events = eventsOf(name)
      return events.at(-1)?.['status'] === status && events
    })
  /** Without events that differ only in their progress. */
  const statusesOf = (events: readonly Record<string, unknown>[]) => {
    const all = events.map(({ status, attempt }) => [status, attempt])
    return all.filter((each, index) => JSON.stringify(each) !== JSON.stringify(all[index - 1]))
  }

  it('has the same messages again with the same ids if a worker is killed after it has sent them', async () => {
    const { deployment, config } = files.tenant
    const { hostPort: port, database } = config.postgres
    const password = localPassword(deployment.folders, 'worker')
    const session = new pg.Client({
      ...{ host: '127.0.0.1', port, database, user: roles.worker, password },
    })
    await session.connect()
    const ports = await freeRun(2)
    const worker = files.spawnWorker(ports)
    await until('the inbox is there', () => files.names('.').includes('01_inbox'))
    // The relay waits when it removes what it has sent.
    const removal = `CREATE FUNCTION wait_for_test() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN OLD; END $$;
      CREATE TRIGGER wait_for_test BEFORE DELETE ON outbox
        FOR EACH ROW EXECUTE FUNCTION wait_for_test()`
    await files.tenant.sql(removal)
    await session.query('SELECT pg_advisory_lock(4711)')
    files.drop('a_test.tsv', 'id\tname\n1\tA\n2\tB\n')
    await until('a message is sent, and not removed', () => tracker.messages.length > 0)
    await worker[Symbol.asyncDispose]()
    const before = [...tracker.messages]
    await session.end()
    files.spawnWorker(ports + 1)
    const events = await untilEnded('a_test.tsv', 'complete')
    const [first] = before
    const repeated = tracker.messages.filter(({ id }) => id === first?.id)
    expect(repeated.length).to.be.at.least(2)
    expect(repeated).to.deep.equal(repeated.map(() => first))
    expect(statusesOf(events).at(0)).to.deep.equal(['queued', undefined])
    expect(events.at(-1)).to.include({ progress: 1, committed: 2 })
    expect(new Set(tracker.keys())).to.have.property('size', 1)
  })

  it('shows the progress that a handler reports, in few messages', async () => {
    files.drop('a.slow', 'one')
    const events = await untilEnded('a.slow', 'complete')
    expect(events.map(({ type, status, progress }) => [type, status, progress])).to.deep.equal([
      ['job_created', 'queued', undefined],
      ['job_update', 'running', 0],
      ['job_update', 'running', 0.5],
      ['job_update', 'complete', 1],
    ])
  })

  it('shows failed attempts, and that the file has failed', async () => {
    files.drop('bad.slow', 'two')
    const events = await untilEnded('bad.slow', 'failed')
    expect(statusesOf(events)).to.deep.equal([
      ...[
        ['queued', undefined],
        ['running', 1],
        ['queued', 1],
        ['running', 2],
        ['failed', 2],
      ],
    ])
    expect(events.at(-1)).to.include({ code: 'threw', detail: 'cannot read bad.slow' })
  })

  it('shows that a file was canceled', async () => {
    files.drop('endless.slow', 'three')
    await until('it runs', () => eventsOf('endless.slow').at(-1)?.['status'] === 'running')
    await files.tenant.sql('UPDATE task SET cancel_requested_at = now() WHERE id = $1', [
      eventsOf('endless.slow')[0]?.['job_id'],
    ])
    const events = await untilEnded('endless.slow', 'canceled')
    expect(events.at(-1)).to.include({ committed: 0, attempt: 1 })
  })
})
