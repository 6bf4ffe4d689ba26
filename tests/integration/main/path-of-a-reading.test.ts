import { expect } from 'chai'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { postJson, readingJson, receiptStatus } from '../../support/http-client.ts'
import { until } from '../../support/until.ts'

describe('From POST /events to the table', () => {
  let tenant: Tenant

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  it('stores a posted reading as a row with the same values, with the receipt status stored', async () => {
    const reading = {
      ...readingJson('PATH-1'),
      altitude: 12.5,
      heading: 359.99,
      sequence: 7,
      make: 'Toyota\t"\\N',
      model: 'RAV4\n',
      metadata: { note: 'tab\t, newline\n, quote", backslash\\', deep: [1, { a: null }] },
    }
    const answer = await postJson(tenant, reading)
    expect(answer.status).to.equal(202)
    expect(answer.body).to.include({ accepted: 1 })
    const [receipt] = answer.body['receipts'] as string[]
    await until(
      'the receipt has the status stored',
      async () => (await receiptStatus(tenant, receipt)) === 'stored',
    )
    const rows = await tenant.sql('select * from diag where vin = $1', ['PATH-1'])
    expect(rows).to.have.length(1)
    const { received_at, stored_at, recorded_at, ...row } = rows[0] as Record<string, unknown>
    const { timestamp, vin, ...rest } = reading
    expect(row).to.deep.equal({ vin, ...rest })
    expect((recorded_at as Date).toISOString()).to.equal(new Date(timestamp).toISOString())
    expect((stored_at as Date) >= (received_at as Date)).to.equal(true)
  })

  it('keeps microseconds and truncates finer fractions', async () => {
    const second = new Date().toISOString().slice(0, 19)
    await postJson(tenant, { ...readingJson('MICRO-1'), timestamp: `${second}.1234567891Z` })
    const text = await until('the row exists', async () => {
      const rows = await tenant.sql<{ micro: string }>(
        `select to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as micro from diag where vin = 'MICRO-1'`,
      )
      return rows[0]?.micro
    })
    expect(text).to.equal(`${second}.123456`)
  })

  it('GET /events returns the number of settled events', async () => {
    const served = async (): Promise<number> => {
      const response = await fetch(`${tenant.url}/events`, {
        headers: { accept: 'application/json' },
      })
      return ((await response.json()) as { eventsServed: number }).eventsServed
    }
    await postJson(tenant, [readingJson('COUNT-1'), readingJson('COUNT-2')])
    const { settled } = await until('all events are settled', async () => {
      const account = await tenant.account()
      return account.settled >= 4 && account
    })
    await until('the counter shows this number', async () => (await served()) === settled)
  })

  it('GET /events returns exactly the plain text that existing clients expect', async () => {
    const response = await fetch(`${tenant.url}/events`)
    const text = await response.text()
    expect(text).to.match(/^Welcome to KafkaProducer\/HTTPServer!\n\nEvents served: \d+\.$/)
    expect(response.headers.get('content-type')).to.equal('text/plain; charset=utf-8')
  })
})
