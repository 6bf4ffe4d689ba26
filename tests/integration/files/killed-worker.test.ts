import { expect } from 'chai'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import type { ServiceProcess } from '../../support/service-process.ts'
import { until } from '../../support/until.ts'

const fileCount = 8
const linesOfFile = 20_000
const kills = 4

const retried = (text: string): string =>
  text.replace('[from.files]', 'retry = { attempts = 50, first = "100 ms" }\n[from.files]')

function contentOf(file: number): string {
  const lines = Array.from({ length: linesOfFile }, (_, line) => `${file * linesOfFile + line},A,1`)
  return ['id,name,price', ...lines, ''].join('\n')
}

describe('Two workers that are killed while they load files', function () {
  this.timeout(300_000)
  let files: FileTenant

  beforeEach(async () => {
    files = await FileTenant.create()
  })

  afterEach(() => files[Symbol.asyncDispose]())

  it('store each line exactly once and archive each file', async () => {
    // Without a key, so that a line that is stored twice is seen.
    files.declare('orders', retried(orders('format = "csv"', '')))
    const ports = await freeRun(2)
    const workers: ServiceProcess[] = [files.spawnWorker(ports), files.spawnWorker(ports + 1)]
    await until('the inbox is there', () => files.names('.').includes('01_inbox'))
    for (let file = 0; file < fileCount; file += 1) files.drop(`${file}.csv`, contentOf(file))
    await until('a file is found', async () => (await files.files()).length > 0)
    for (let kill = 0; kill < kills; kill += 1) {
      const index = kill % 2
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500))
      await workers[index]?.[Symbol.asyncDispose]()
      workers[index] = files.spawnWorker(ports + index)
    }
    const found = await files.untilMoved(fileCount, 200)
    expect(found.map(({ state, rows }) => [state, rows])).to.deep.equal(
      found.map(() => ['complete', linesOfFile]),
    )
    expect(found).to.have.length(fileCount)
    const [counted] = await files.tenant.sql(
      'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids FROM data.orders',
    )
    const lines = fileCount * linesOfFile
    expect(counted).to.deep.equal({ rows: lines, ids: lines })
    expect(files.names('01_inbox')).to.deep.equal([])
    expect(files.names('03_archive')).to.have.length(fileCount)
  })
})
