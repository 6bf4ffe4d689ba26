import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Cancellation } from '../../../services/tasks/cancellation.ts'
import { localPassword } from '../../../scripts/platform/database.ts'
import type { PostgresSettings } from '../../../services/adapters/postgres/driver/settings.ts'
import { roles } from '../../../services/adapters/postgres/driver/settings.ts'
import {
  parsePartTexts,
  TestHandlers,
  shippedHandlers,
  exampleHandlers,
  handlerFile,
} from '../../support/handler-pool.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'

const statuses: ReadonlyMap<string | undefined, number> = new Map([
  ['/data/busy.csv', 429],
  ['/data/broken.csv', 500],
])

describe('queries and shipped handlers', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let tested: TestHandlers
  const server = createServer((request, response) => {
    if (request.url === '/data/redirect.csv') {
      response.writeHead(302, { location: '/secret.csv' }).end()
    } else if (request.url === '/data/cars.csv') {
      response.end('\ufeffvin,note\r\nA,"one, two"\r\nB,\r\n')
    } else if (request.url === '/data/twice.csv') {
      response.end('vin,vin\nA,B\n')
    } else if (request.url === '/data/large.csv') {
      response.end(`id,text\n${Array.from({ length: 12_000 }, (_, id) => `${id},x\n`).join('')}`)
    } else if (request.url === '/data/uneven.csv') {
      response.end('vin,note\nA\n')
    } else if (request.url === '/data/ended.csv') {
      response.writeHead(200, { 'content-length': 1_000 })
      response.write('vin,note\nA,B\n', () => {
        response.destroy()
      })
    } else response.writeHead(statuses.get(request.url) ?? 404).end()
  })
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { postgres } = tenant.config
    const query: PostgresSettings = {
      ...{ host: '127.0.0.1', port: postgres.hostPort, database: postgres.database },
      ...{ table: postgres.table, user: roles.reader },
      password: localPassword(tenant.deployment.folders, 'reader'),
    }
    const run = handlerFile(
      'query',
      'return [{ table: "t", data: await context.query(params.sql, params.values) }]',
    )
    tested = await TestHandlers.start(
      { 'query.ts': run },
      {
        ...{ query, size: 1 },
        settings: { allowed_urls: `https://example.org/ ${url('/data')}` },
        more: [shippedHandlers, ...exampleHandlers],
      },
    )
    expect([...tested.handlers.faults.values()]).to.deep.equal([])
  })

  after(async () => {
    await tested[Symbol.asyncDispose]()
    server.close()
    await tenant[Symbol.asyncDispose]()
  })

  const rows = async (sql: string, values: readonly unknown[] = []) =>
    ((await tested.parts('query', { sql, values })) as { rows: Record<string, unknown>[] }[])[0]
      ?.rows

  it('a query reads, with values, and no value is altered', async () => {
    const sql = `SELECT $1::int AS a, 9007199254740993 AS big, 7::bigint AS small, 0.10::numeric(4,2) AS n,
      '2026-11-29'::date AS day, '2026-11-29 01:02:03.123456+01'::timestamptz AS at, NULL AS none, '{"a":1}'::jsonb AS j`
    expect(await rows(sql, [4])).to.deep.equal([
      {
        ...{ a: 4, big: '9007199254740993', small: 7, n: '0.10', day: '2026-11-29' },
        ...{ at: '2026-11-29T00:02:03.123456Z', none: null, j: { a: 1 } },
      },
    ])
  })

  it('a query has its own connection, a timeout of 60 s, and cannot write', async () => {
    expect(
      await rows(`SELECT current_setting('statement_timeout') AS timeout, current_user AS role,
        current_setting('transaction_read_only') AS read_only, current_setting('application_name') AS name`),
    ).to.deep.equal([
      { timeout: '1min', role: 'telemetry_reader', read_only: 'on', name: 'av-telemetry handler' },
    ])
    const write = `WITH gone AS (DELETE FROM diag RETURNING 1) SELECT count(*) FROM gone`
    expect((await tested.fault('query', { sql: write })).message).to.match(
      /permission denied for table diag|read-only transaction/,
    )
    await rows('SET default_transaction_read_only = off')
    expect((await tested.fault('query', { sql: write })).message).to.match(/permission denied/)
  })

  it('a query ends at once when its task is canceled, and the next one works', async () => {
    const cancel = new Cancellation()
    const canceled = tested.run('query', { sql: 'SELECT pg_sleep(30)' }, { cancel })
    const from = performance.now()
    setTimeout(() => {
      cancel.request()
    }, 500)
    expect((await canceled).kind).to.equal('canceled')
    expect(performance.now() - from).to.be.below(15_000)
    expect(await rows('SELECT 1 AS a')).to.deep.equal([{ a: 1 }])
  })

  it('a query after the server has ended its connection opens another one', async () => {
    await tenant.sql(
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
       WHERE application_name = 'av-telemetry handler' AND datname = current_database()`,
    )
    await tested.run('query', { sql: 'SELECT 1' })
    expect(await rows('SELECT 1 AS a')).to.deep.equal([{ a: 1 }])
  })

  it('fleet_daily_summary has readings, distance and speeds of each vehicle and day', async () => {
    await tenant
      .sql(`SELECT ensure_day('2026-11-01'), ensure_day('2026-11-02')`)
      .catch(() => undefined)
    await tenant.sql(
      `INSERT INTO diag (vin, recorded_at, sequence, latitude, longitude, speed, received_at)
       VALUES ('A', '2026-11-01T10:00:00Z', 1, 0, 0, 10, now()), ('A', '2026-11-01T10:01:00Z', 2, 0, 0.01, 20, now()),
              ('A', '2026-11-01T11:00:00Z', 3, 0, 1, 0, now()), ('B', '2026-11-01T23:59:59Z', 1, 0, 0, 5, now()),
              ('B', '2026-11-02T00:00:00Z', 2, 0, 1, 5, now())`,
    )
    const [part] = await tested.parts('fleet_daily_summary', { day: '2026-11-01' })
    expect(part).to.deep.equal({
      table: 'fleet_day',
      refresh: false,
      rows: [
        {
          ...{ day: '2026-11-01', vin: 'A', readings: 3, distance_metres: 1112 },
          ...{ max_speed: 20, mean_speed: 10 },
          ...{ first_at: '2026-11-01T10:00:00Z', last_at: '2026-11-01T11:00:00Z' },
        },
        {
          ...{ day: '2026-11-01', vin: 'B', readings: 1, distance_metres: 0 },
          ...{ max_speed: 5, mean_speed: 5 },
          ...{ first_at: '2026-11-01T23:59:59Z', last_at: '2026-11-01T23:59:59Z' },
        },
      ],
    })
  })

  it('ingest_csv adds the rows of a file below an allowed URL, as text', async () => {
    expect(
      await tested.parts('ingest_csv', { url: url('/data/cars.csv'), table: 'cars' }),
    ).to.deep.equal([
      {
        table: 'cars',
        refresh: false,
        rows: [
          { vin: 'A', note: 'one, two' },
          { vin: 'B', note: null },
        ],
      },
    ])
  })

  it('ingest_csv returns large files in parts, of which the first one replaces the table', async () => {
    const order = { url: url('/data/large.csv'), table: 't', refresh: true }
    const parts = (await tested.parts('ingest_csv', order)) as {
      refresh: boolean
      rows: unknown[]
    }[]
    expect(parts.map(({ refresh, rows }) => [refresh, rows.length])).to.deep.equal([
      [true, 5_000],
      [false, 5_000],
      [false, 2_000],
    ])
  })

  for (const [path, message] of [
    ['/secret.csv', /is not below an allowed URL\. Allowed: https:\/\/example\.org\/ /],
    ['/data/../secret.csv', /is not below an allowed URL/],
    ['/data/redirect.csv', /is redirected \(status 302\)\. Use the address of the file itself/],
    ['/data/none.csv', /answered with the status 404/],
    ['/data/twice.csv', /The header row has the column "vin" twice/],
    ['/data/uneven.csv', /Invalid Record Length/],
  ] as const) {
    it(`ingest_csv refuses ${path} for good`, async () => {
      const fault = await tested.fault('ingest_csv', { url: url(path), table: 't' })
      expect(fault.code).to.equal('permanent-error')
      expect(fault.message).to.match(message)
    })
  }

  for (const [path, message] of [
    ['/data/busy.csv', /answered with the status 429/],
    ['/data/broken.csv', /answered with the status 500/],
    ['/data/ended.csv', /terminated|fetch failed/],
  ] as const) {
    it(`ingest_csv may be tried again after ${path}`, async () => {
      const fault = await tested.fault('ingest_csv', { url: url(path), table: 't' })
      expect(fault.code).to.equal('threw')
      expect(fault.message).to.match(message)
    })
  }

  it('store_rows returns its parameters with all digits', async () => {
    const text =
      '{"table":"t","refresh":true,"data":[{"a":9007199254740993,"b":0.1000000000000000055511151231257827}]}'
    expect(await parsePartTexts(await tested.run('store_rows', `[${text}]`))).to.deep.equal([
      text.replace('"data"', '"rows"'),
    ])
  })

  for (const [params, message] of [
    ['[1]', 'params[0] must be an object { "table", "refresh", "data" }.'],
    ['[{"data":[]}]', 'params[0].table must be the name of a table.'],
    ['[{"table":"t","refresh":"no","data":[]}]', 'params[0].refresh must be true or false.'],
    ['[{"table":"t","data":1}]', 'params[0].data must be an array of rows.'],
    [
      '[{"table":"t","data":[{},2]}]',
      'params[0].data[1] must be an object with a value for each column.',
    ],
  ] as const) {
    it(`store_rows refuses ${params}`, async () => {
      expect(await tested.fault('store_rows', params)).to.include({ code: 'bad-params', message })
    })
  }

  it('the handler of the example q-etl returns rows beside no error', async () => {
    const [part] = (await tested.parts('ingest_covid_data', { country: 'Estonia' })) as {
      rows: unknown[]
    }[]
    expect(part).to.include({ table: 'covid_cases', refresh: true })
    expect(part?.rows[0]).to.deep.equal({ day: '2020-04-06', country: 'Estonia', cases: 1108 })
    expect(part?.rows).to.have.length(3)
  })

  it('the handler of the example castiron-text logs its method and its arguments', async () => {
    await tested.run('etl.example_text_stream_processor.process', {
      data: { a: 1 },
      arg1: 'test',
      arg2: 'test2',
    })
    expect(tested.texts).to.deep.equal([
      'invoking etl.example_text_stream_processor.process with arg_list {"data":{"a":1},"arg1":"test","arg2":"test2"}',
      'got arg1 test and arg2 test2',
      'in example text stream processor got data {"a":1}',
    ])
  })
})
