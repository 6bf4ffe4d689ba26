import { expect } from 'chai'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { sharedServers } from '../../support/servers.ts'
import { until } from '../../support/until.ts'

const header = 'id,name,price\n'
const linesOf = (first: number, count: number): string =>
  Array.from({ length: count }, (_, line) => `${first + line},A,1\n`).join('')

describe('A file that is replaced in the inbox', function () {
  this.timeout(120_000)
  let files: FileTenant

  beforeEach(async () => {
    files = await FileTenant.create()
    // Without a key, so that a line that is stored twice is seen.
    files.declare('orders', orders('format = "csv"', ''))
    await files.startWorker()
    await until('the pipeline runs', () => files.names('.').includes('01_inbox'))
  })

  afterEach(() => files[Symbol.asyncDispose]())

  const storedIds = async (): Promise<number[]> => {
    const rows = await files.tenant.sql<{ id: number }>('SELECT id FROM data.orders ORDER BY id')
    return rows.map(({ id }) => id)
  }

  it('while it is loaded is loaded once, with its new content only', async () => {
    const { folders } = await sharedServers()
    const pool = ownerPool(files.tenant.config, localPassword(folders))
    try {
      const session = await pool.connect()
      // So the load waits in the middle of the file.
      await session.query('BEGIN; LOCK TABLE data.orders IN SHARE MODE')
      files.drop('a.csv', header + linesOf(1_000, 100_000))
      const waits = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'data.orders'::regclass`
      await until('the load waits', async () => (await files.tenant.sql(waits)).length > 0)
      files.drop('a.csv', header + linesOf(1, 3))
      await session.query('COMMIT')
      session.release()
    } finally {
      await pool.end()
    }
    const moved = await files.untilMoved(1)
    expect(moved.map(({ state, lines, rows }) => ({ state, lines, rows }))).to.deep.equal([
      { state: 'complete', lines: 3, rows: 3 },
    ])
    expect(await storedIds()).to.deep.equal([1, 2, 3])
    expect(files.names('03_archive')).to.deep.equal(['a.csv'])
    expect(files.read('03_archive/a.csv')).to.equal(header + linesOf(1, 3))
  })

  it('at any moment has the lines of each loaded content once in the table, and no others', async () => {
    const count = 60
    const drop = (version: number): void => {
      for (let file = 0; file < count; file += 1)
        files.drop(`${file}.csv`, header + linesOf(1_000 * file + 10 * version, 2))
    }
    drop(0)
    await until('the first files are known', async () => (await files.files()).length > 0)
    for (let version = 1; version <= 20; version += 1) {
      drop(version)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 200))
    }
    await until('the inbox is empty', () => files.names('01_inbox').length === 0)
    await until('all are archived', async () =>
      (await files.files()).every(({ archived_at: at }) => at !== null),
    )
    const archived = files.names('03_archive').flatMap((name) =>
      files
        .read(`03_archive/${name}`)
        .split('\n')
        .slice(1, -1)
        .map((line) => Number.parseInt(line, 10)),
    )
    // A content that is replaced after it was loaded and before its move is in no folder, but its row says so.
    const replaced = (await files.files()).filter(
      ({ state, detail }) => state === 'complete' && detail?.includes('replaced there') === true,
    )
    const stored = await storedIds()
    expect(stored).to.have.length(new Set(stored).size)
    expect(stored).to.include.members(archived)
    expect(stored.length - archived.length).to.equal(
      replaced.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
    )
    expect(files.names('04_failed')).to.deep.equal([])
  })
})
