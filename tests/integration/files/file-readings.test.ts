import { expect } from 'chai'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { gzipSync } from 'node:zlib'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { FileTenant } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

const drives = (keys: string): string => `name = "drives"
from.files.match = ["*.gpx", "*.csv", "*.gz"]
to = "readings"
[map]
${keys}
`

const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString()

const point = (seconds: number, more = ''): string =>
  `<trkpt lat="48.1" lon="11.5"><time>${secondsAgo(seconds)}</time>${more}</trkpt>`

const gpx = (points: readonly string[]): string =>
  `<gpx version="1.1"><wpt lat="1" lon="2"/><trk><trkseg>${points.join('')}</trkseg></trk></gpx>`

/** An ingress that loses the answer of the first request, then refuses one, and passes on all others. */
async function startFaultyIngress(target: string): Promise<{ server: Server; url: string }> {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    const isRefused = requests === 2
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const pass = async (): Promise<void> => {
        const answer = await fetch(target, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: Buffer.concat(chunks),
        })
        const body = await answer.text()
        if (requests === 1) response.destroy()
        else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body)
      }
      if (isRefused) response.writeHead(503, { 'retry-after': '1' }).end()
      else void pass()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events` }
}

describe('Files of readings', function () {
  this.timeout(120_000)
  let files: FileTenant
  let ingress: Server

  before(async () => {
    files = await FileTenant.create()
    await files.tenant.startProducer()
    await files.tenant.startConsumer()
    const { server, url } = await startFaultyIngress(`${files.tenant.url}/events`)
    ingress = server
    files.declare('drives', drives('format = "gpx"\nvehicle = { file = "{vehicle}_*" }'))
    await files.startWorker({ EVENTS_URL: url })
  })

  after(async () => {
    ingress.close()
    await files[Symbol.asyncDispose]()
  })

  const countOf = async (vin: string): Promise<number | undefined> =>
    (
      await files.tenant.sql<{ count: number }>(
        'select count(*)::int as count from diag where vin = $1',
        [vin],
      )
    )[0]?.count

  it('are stored once as readings, although an answer is lost and one request is refused', async () => {
    const points = Array.from({ length: 1_200 }, (_, index) =>
      point(1_300 - index, '<speed>3</speed>'),
    )
    files.drop('CAR-1_a.gpx', gpx(points))
    const [file] = await files.untilMoved(1)
    expect(file).to.include({
      ...{ state: 'complete', lines: 1_201, rejected: 0, rows: 1_200 },
      target_key: '03_archive/CAR-1_a.gpx',
    })
    expect(file?.detail).to.match(
      /^1200 readings were accepted\. \d+ of them were already stored\./,
    )
    expect(file?.detail).to.include('1 waypoint or route point was left out.')
    expect(await countOf('CAR-1')).to.equal(1_200)
    files.drop('CAR-1_a_again.gpx', gpx(points))
    const [, again] = await files.untilMoved(2)
    expect(again?.detail).to.match(/^The same content was loaded before/)
    expect(await countOf('CAR-1')).to.equal(1_200)
  })

  it('name the setting for readings that are too old, and can be dropped again', async () => {
    const content = gpx([point(40 * 86_400), point(60), point(59, '<ele>high</ele>')])
    files.drop('CAR-2_a.gpx.gz', gzipSync(content))
    const found = async () => (await files.untilMoved(3)).at(-1)
    const file = await found()
    expect(file).to.include({ state: 'complete', lines: 4, rejected: 1, rows: 1 })
    expect(file?.detail).to.equal(
      '1 reading was accepted. 2 speeds that are not in the file were computed from the movement. 1 line became a dead letter. 1 waypoint or route point was left out. 1 reading is too old; raise postgres.retentionDays and drop the file again.',
    )
    const letters = await files.tenant.sql('select line::int, code, detail from dead_letter')
    expect(letters).to.deep.equal([
      { line: 4, code: 'wrong-type', detail: 'The altitude is "high"; expected a number.' },
    ])
    const lettersOf = (...args: string[]) =>
      runCommand(files.tenant, ['dead-letters', ...args, '--pipeline', 'drives'])
    recordAsRunning(files.tenant)
    expect((await lettersOf('list')).out).to.match(/task \d+, line 4 \| wrong-type/)
    const refused = await lettersOf('redrive', '--open', '--yes')
    expect([refused.code, refused.out]).to.deep.equal([
      2,
      'A line becomes a reading only together with its file, so it cannot be redriven alone. Correct the file and drop it again. Readings that are already stored add no row. Then discard the dead letters.\n',
    ])
    expect((await lettersOf('discard', '--open', '--yes')).out).to.equal(
      '1 dead letter discarded.\n',
    )
    removeRunRecord(files.tenant.deployment.folders.state)
    files.drop('CAR-2_b.gpx', content)
    expect((await files.untilMoved(4)).at(-1)?.detail).to.include('1 of them was already stored.')
    expect(await countOf('CAR-2')).to.equal(1)
    files.drop('CAR-3_old.gpx', gpx([point(50 * 86_400)]))
    const old = (await files.untilMoved(5)).at(-1)
    expect(old).to.include({ state: 'failed', code: 'bad-file' })
    expect(old?.task_detail).to.include('raise postgres.retentionDays')
    expect(files.names('04_failed')).to.deep.equal(['CAR-3_old.gpx', 'CAR-3_old.gpx.error_log'])
  })

  it('wait until the consumer has stored the readings', async () => {
    await files.tenant.stopConsumer()
    files.drop('CAR-4_a.gpx', gpx([point(30), point(29)]))
    await until('the readings are sent', async () => {
      const [task] = await files.tenant.sql<{ progress: number }>(
        "select progress from task where state = 'running'",
      )
      return task?.progress === 1
    })
    expect(await countOf('CAR-4')).to.equal(0)
    await files.tenant.startConsumer()
    expect((await files.untilMoved(6)).at(-1)).to.include({ state: 'complete', rows: 2 })
    expect(await countOf('CAR-4')).to.equal(2)
  })
})
