import { once } from 'node:events'
import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { runDeadLettersJson } from '../../support/dead-letters-command.ts'
import { logbook, writeDeclaration } from '../../support/declared.ts'
import { sharedServers } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { Tenant } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

describe('a declared table without a key', function () {
  this.timeout(180_000)
  let tenant: Tenant
  let folder: TemporaryFolder
  let topic: string
  let worker: Running

  before(async () => {
    folder = new TemporaryFolder()
    tenant = await Tenant.create(await sharedServers(), [`worker.folder=${folder.path}`])
    topic = `${tenant.config.kafka.topic}-data`
    writeDeclaration(folder.path, 'logbook', logbook(topic))
    await tenant.changesOf(topic).createTopic(2)
    recordAsRunning(tenant)
    worker = await tenant.startWorker()
  })

  after(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const anEntry = (id: string, number = 1, partition = 0) => ({
    ...{ partition, value: JSON.stringify({ id, number }) },
  })
  const send = (entries: readonly { partition: number; value: string }[]) =>
    tenant.changesOf(topic).produce([...entries])
  const untilSettled = (count: number) =>
    untilCount('the records are settled', async () => (await tenant.account()).settled, count)
  const rowsOf = (pattern: string) =>
    tenant.sql<{ id: string; count: number }>(
      'SELECT id, count(*)::int AS count FROM logbook WHERE id LIKE $1 GROUP BY id ORDER BY id',
      [pattern],
    )
  const letters = (...args: string[]) =>
    runDeadLettersJson(tenant, [...args, '--pipeline', 'logbook'])
  const expectBalanced = async () => {
    const { out } = await runCommand(tenant, ['pipeline', 'accept', 'logbook'])
    expect(out).to.equal(
      'The rows of logbook agree with its ledgers. There is nothing to accept.\n',
    )
  }

  it('gets a row for each record, also for equal ones; what is no row becomes a dead letter', async () => {
    await send([anEntry('a'), anEntry('a'), anEntry('a', 2, 1), { partition: 0, value: 'garbage' }])
    await untilSettled(4)
    expect(await rowsOf('a')).to.deep.equal([{ id: 'a', count: 3 }])
    const account = await tenant.account()
    expect(account).to.include({ stored: 3, updated: 0, duplicate: 0, deadLettered: 1 })
    await expectBalanced()
  })

  it('stores the other rows of a batch if a constraint refuses some and a trigger leaves out one', async () => {
    await tenant.sql(`
      ALTER TABLE data.logbook ADD CONSTRAINT no_seven CHECK (number % 50 <> 7);
      CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RETURN CASE WHEN NEW.number = 60 THEN NULL ELSE NEW END;
      END $$;
      CREATE TRIGGER leave_out BEFORE INSERT ON data.logbook
        FOR EACH ROW EXECUTE FUNCTION leave_out()`)
    await send(Array.from({ length: 100 }, (_, index) => anEntry(`b${index}`, index)))
    await untilSettled(104)
    const ids = (await rowsOf('b%')).map(({ id }) => id)
    expect(ids).to.have.length(97)
    expect(ids).to.not.include.members(['b7', 'b57', 'b60'])
    const found = await tenant.sql(
      `SELECT convert_from(record_value, 'UTF8')::json ->> 'id' AS id, detail FROM dead_letter
       WHERE code = 'refused-by-database' ORDER BY record_offset`,
    )
    const refused = 'new row for relation "logbook" violates check constraint "no_seven"'
    expect(found).to.deep.equal([
      { id: 'b7', detail: refused },
      { id: 'b57', detail: refused },
      {
        ...{ id: 'b60' },
        detail: 'The database did not store the row, for example because of a trigger.',
      },
    ])
    await expectBalanced()
  })

  it('gets exactly one row for each dead letter that is redriven', async () => {
    const [letter] = (await letters('list', '--reason', 'refused-by-database'))['letters'] as {
      id: number
    }[]
    const shown = await letters('show', String(letter?.id))
    expect(shown['today']).to.deep.include({ kind: 'stored' })
    const still = await letters('redrive', '--open', '--yes')
    expect(still).to.deep.include({ code: 1, stored: 0, stillDead: 4 })
    await tenant.sql('DROP TRIGGER leave_out ON data.logbook')
    const first = await letters('redrive', '--open', '--yes')
    expect(first).to.deep.include({ code: 1, stored: 1, stillDead: 3 })
    await tenant.sql('ALTER TABLE data.logbook DROP CONSTRAINT no_seven')
    const second = await letters('redrive', '--open', '--yes')
    expect(second).to.deep.include({ code: 1, stored: 2, stillDead: 1 })
    await letters('redrive', '--open', '--yes')
    const rows = await rowsOf('b%')
    expect(rows).to.have.length(100)
    expect(rows.every(({ count }) => count === 1)).to.equal(true)
    await expectBalanced()
  })

  it('gets no row twice if the committed offsets of the group go back to the beginning', async () => {
    await tenant.stop(worker)
    await until('the group is empty', () =>
      tenant
        .changesOf(topic)
        .resetCommittedOffsets('logbook')
        .then(
          () => true,
          () => false,
        ),
    )
    worker = await tenant.startWorker()
    await send([anEntry('c', 1, 0), anEntry('c', 1, 1)])
    await untilSettled(106)
    expect(await rowsOf('%')).to.have.length(102)
    expect(await rowsOf('a')).to.deep.equal([{ id: 'a', count: 3 }])
    await expectBalanced()
  })

  it('has each record exactly once after the worker was killed twice in the middle of a load', async () => {
    await tenant.stop(worker)
    writeDeclaration(
      folder.path,
      'logbook',
      logbook(topic, 'batch = { records = 200, within = "1 s" }'),
    )
    const records = 20_000
    for (let begin = 0; begin < records; begin += 5_000) {
      const entries = Array.from({ length: 5_000 }, (_, index) => begin + index)
      await send(entries.map((number) => anEntry(`d${number}`, number, number % 2)))
    }
    const stored = async () => (await tenant.account()).settled - 106
    for (const least of [1, 2_000]) {
      const victim = tenant.spawn('worker')
      await until('a part is stored', async () => {
        return (await stored()) >= least && victim.kill('SIGKILL')
      })
      await once(victim, 'exit')
      expect(await stored()).to.be.lessThan(records)
    }
    await tenant.startWorker()
    // The group removes the member that was killed after its session timeout.
    await until('the records are settled', async () => (await stored()) === records, 120)
    const rows = await rowsOf('d%')
    expect(rows).to.have.length(records)
    expect(rows.every(({ count }) => count === 1)).to.equal(true)
    await expectBalanced()
  })
})
