import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import { runDeadLettersJson } from '../../support/dead-letters-command.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const limited = '{ name = "title", type = "text", max_length = 5 },'
const longer = '{ name = "title", type = "text", max_length = 50 },'

describe('dead letters of a declared pipeline', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant
  let tenant: Tenant

  before(async () => {
    declared = await DeclaredTenant.create({ partitions: 1, columns: limited })
    ;({ tenant } = declared)
    await declared.startWorker()
  })

  after(async () => {
    await declared[Symbol.asyncDispose]()
  })

  const letters = (...args: string[]) =>
    runDeadLettersJson(tenant, [...args, '--pipeline', 'classifieds'])
  const send = (values: readonly object[]) => declared.send(values)
  const untilSettled = (count: number) => declared.untilSettled(count)
  const rows = () =>
    tenant.sql<Record<string, unknown>>('SELECT id, title, price FROM classifieds ORDER BY id')

  it('are listed separately from those of the readings', async () => {
    await send([
      { id: 'a', created_at: '2020-04-08T18:00:00Z', title: 'too long', price: 1 },
      { id: 'b', created_at: '2020-04-08T18:00:00Z', title: 'too long', price: 2 },
      { id: 'c', created_at: '2020-04-08T18:00:00Z', title: 'too long', price: 3 },
      { id: 'a', created_at: '2020-04-08T19:00:00Z', title: 'newer', price: 10 },
      { id: 'b', created_at: '2020-04-08T17:00:00Z', title: 'older', price: 20 },
    ])
    await untilSettled(5)
    expect(await letters('list')).to.deep.include({
      matching: 3,
      reasons: [{ reason: 'too-long', state: 'open', count: 3 }],
    })
    expect(await letters('list', '--reason', 'no-value')).to.include({ matching: 0 })
    expect(await runDeadLettersJson(tenant, ['list'])).to.include({ matching: 0 })
    const [letter] = (await letters('list'))['letters'] as { id: number }[]
    const shown = await letters('show', String(letter?.id))
    expect(shown['today']).to.deep.include({ kind: 'kept', reason: 'too-long' })
  })

  it('stay open when they are redriven with the same declaration', async () => {
    const answer = await letters('redrive', '--open', '--yes')
    expect(answer).to.deep.include({ code: 1, stored: 0, stillDead: 3, reasons: { 'too-long': 3 } })
  })

  it('are stored by the conflict rule after the declaration was corrected: no newer row changes', async () => {
    declared.declare(longer)
    await until('the corrected declaration is in effect', async () => {
      const [row] = await tenant.sql<{ text: string }>(
        'SELECT declaration::text AS text FROM pipeline',
      )
      return row?.text.includes('"maxLength": 50')
    })
    const answer = await letters('redrive', '--open', '--yes')
    expect(answer).to.deep.include({
      ...{ code: 0, chosen: 3, stored: 1, updated: 1, superseded: 1, duplicate: 0, stillDead: 0 },
    })
    expect(await rows()).to.deep.equal([
      { id: 'a', title: 'newer', price: '10.000' },
      { id: 'b', title: 'too long', price: '2.000' },
      { id: 'c', title: 'too long', price: '3.000' },
    ])
    const { code, out } = await declared.run(...['pipeline', 'accept', 'classifieds'])
    expect([code, out]).to.deep.equal([
      ...[0, 'The rows of classifieds agree with its ledgers. There is nothing to accept.\n'],
    ])
  })

  it('are made of records whose key is too long for the index; the others are stored', async () => {
    const { settled } = await tenant.account()
    // Random characters, because Postgres compresses an index entry first.
    const id = randomBytes(6_000).toString('base64')
    const created = { created_at: '2020-04-08T18:00:00Z', price: 1 }
    await send([
      { id: 'before', ...created },
      { id, ...created },
      { id: 'after', ...created },
    ])
    await untilSettled(settled + 3)
    const refused = await letters('list', '--reason', 'refused-by-database')
    expect(refused).to.include({ matching: 1 })
    const [letter] = refused['letters'] as { detail: string }[]
    expect(letter?.detail).to.match(/^index row size \d+ exceeds btree version 4 maximum 2704/)
    const stored = (await rows()).map((row) => row['id'])
    expect(stored).to.include.members(['before', 'after'])
  })

  it('of a pipeline that does not exist are refused, and the command names those that do', async () => {
    const { code, out } = await declared.run(...['dead-letters', 'list', '--pipeline', 'none'])
    const sentence = 'There is no pipeline "none"; the pipelines are: readings, classifieds.\n'
    expect([code, out]).to.deep.equal([2, sentence])
  })
})
