import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { manyReadings, postJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

type Status = {
  readonly address: string
  readonly services: readonly { readonly state: string }[]
  readonly guarantee: readonly string[]
  readonly pipelines: readonly {
    readonly partitions: readonly { readonly partition: number; readonly inFlight: number }[]
  }[]
}

describe('commands on a running platform', function () {
  this.timeout(90_000)
  let tenant: Tenant
  const nothing = Array.from({ length: 6 }, () => '0')

  // No consumer has stored a reading yet.
  before(async () => {
    tenant = await Tenant.create(await sharedServers(), ['kafka.partitions=2'])
    await tenant.startProducer()
    await postJson(tenant, manyReadings(500, 'WAITS'))
    recordAsRunning(tenant)
  })

  after(async () => {
    removeRunRecord(tenant.deployment.folders.state)
    await tenant[Symbol.asyncDispose]()
  })

  /** The ledger table of `npm run status`: a list of cells for each line. */
  async function statusLines() {
    const { out } = await runCommand(tenant, ['status'])
    const lines = out.split('\n')
    const first = lines.findIndex((line) => line.startsWith('log '))
    const table = lines.slice(first + 2, lines.indexOf('', first))
    return table.map((line) => line.split('|').map((cell) => cell.trim()))
  }

  it('status shows the lag of all partitions, also of those without a ledger', async () => {
    const [first = [], second = [], total, ...more] = await statusLines()
    expect([first.slice(0, 8), second.slice(0, 8)]).to.deep.equal([
      ['1', '0', ...nothing],
      ['1', '1', ...nothing],
    ])
    expect(Number(first[8]) + Number(second[8])).to.equal(500)
    expect(total).to.deep.equal(['', 'all', ...nothing, '500'])
    expect(more).to.deep.equal([])
  })

  it('status shows an unknown lag, not 0, if Kafka does not answer', async () => {
    recordAsRunning(tenant, [`kafka.hostPort=${await freeRun(1)}`])
    const [total, ...more] = await statusLines()
    recordAsRunning(tenant)
    expect(total).to.deep.equal(['', 'all', ...nothing, ''])
    expect(more).to.deep.equal([
      ['Kafka does not answer. The number of records in flight is unknown.'],
    ])
  })

  it('status says that the topic is missing, and what creates it', async () => {
    recordAsRunning(tenant, ['kafka.topic=deleted-topic'])
    const { out } = await runCommand(tenant, ['status'])
    recordAsRunning(tenant)
    expect(out).to.include(
      'Kafka has no topic deleted-topic. Stop and start the platform: the start creates the topic. The number of records in flight is unknown.',
    )
  })

  it('status --json prints services, account and guarantee, and an unknown lag is null', async () => {
    const { out, code } = await runCommand(tenant, ['status', '--json'])
    expect(code).to.equal(1)
    const counts = {
      ...{ settled: 0, stored: 0, updated: 0, duplicate: 0, deadLettered: 0, expired: 0 },
      ...{ withoutRecord: 0, imbalance: 0 },
    }
    const { pipelines, services, guarantee, ...rest } = JSON.parse(out) as Status
    expect(rest).to.deep.equal({
      ...{ isInOrder: false, target: 'local', network: null, vehicleContainers: [] },
      ...{ bucket: null, unknownVehicles: 'accept' },
      address: rest.address,
    })
    expect(rest.address).to.match(/^http:\/\/.*\/events$/)
    expect(services.map(({ state }) => state)).to.include('down')
    expect(guarantee.join(' ')).to.include('Acknowledged means stored')
    const [readings] = pipelines
    expect(readings).to.deep.equal({
      ...{ name: 'readings', table: 'diag', isBalanced: true, rowImbalance: 0 },
      ...{ inFlightUnknown: null, laterLogs: [], unreadable: [], needsDecision: null },
      rows: { rows: 0, rowsOfRetiredDays: 0, stored: 0, redriven: 0 },
      partitions: readings?.partitions.map(({ partition, inFlight }) => ({
        ...{ log: 1, partition, inFlight, ...counts },
      })),
      total: { ...counts, inFlight: 500 },
    })
    recordAsRunning(tenant, [`kafka.hostPort=${await freeRun(1)}`])
    const unknown = JSON.parse((await runCommand(tenant, ['status', '--json'])).out) as Status
    recordAsRunning(tenant)
    expect(unknown.pipelines[0]).to.deep.include({
      inFlightUnknown: 'Kafka does not answer.',
      total: { ...counts, inFlight: null },
    })
  })

  it('sql prints control characters of stored texts and of error messages escaped', async () => {
    const hostile = "chr(27)||']0;owned'||chr(7)||chr(155)||'2J'||chr(10)||chr(8238)"
    const escaped = '\\u001b]0;owned\\u0007\\u009b2J\\u000a\\u202e'
    const { out } = await runCommand(tenant, ['sql', `select ${hostile} as text`])
    expect(out.split('\n')[2]).to.equal(escaped)
    const failed = await runCommand(tenant, ['sql', `select (${hostile})::int`])
    expect(failed.out.split('\n')[0]).to.equal(
      `invalid input syntax for type integer: "${escaped}"`,
    )
  })

  it('ignore PG environment variables that name another database', async () => {
    const shell = { PGSSLMODE: 'require', PGOPTIONS: '-c search_path=elsewhere' }
    const statement = "select current_setting('search_path'), count(*) from diag"
    expect(await runCommand(tenant, ['sql', statement], shell)).to.deep.equal({
      code: 0,
      out: 'current_setting | count\n----------------+------\npublic, data    | 0\n(1 row)\n',
      err: '',
    })
  })

  it('sql says how to count rows that it deletes from the table of readings', async () => {
    const note =
      'Rows that are deleted from diag without being counted are reported as missing by npm run status. See docs/operations.md, "Delete the data of a vehicle".\n'
    const outputOf = async (statement: string): Promise<string> =>
      (await runCommand(tenant, ['sql', statement])).out
    expect(await outputOf("delete from diag where vin = 'X'")).to.equal(`DELETE 0\n${note}`)
    const counted = `with deleted as (delete from diag where vin = 'X' returning recorded_at)
      insert into retired_day (day, row_count) select current_date, count(*) from deleted having count(*) > 0`
    expect(await outputOf(counted)).to.equal('INSERT 0\n')
    expect(await outputOf("delete from account_check where pipeline = 'X'")).to.equal('DELETE 0\n')
  })
})
