import { setImmediate as untilNextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import type pg from 'pg'
import { localPassword, ownerPool } from '../../../scripts/platform/database.ts'
import { sendGroup } from '../../../services/adapters/postgres/driver/statement-group.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const copy = 'COPY numbers FROM STDIN'
const copyOf = (...lines: readonly string[]) => ({
  text: copy,
  chunks: lines.map((line) => Buffer.from(`${line}\n`)),
})

/** Sessions of this database only: other tests use the same server. */
const waitingForLock =
  'FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE datname = current_database() AND NOT granted'

describe('Statements that are sent in one message', function () {
  this.timeout(60_000)
  let tenant: Tenant
  let pool: pg.Pool
  let client: pg.PoolClient

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    pool = ownerPool(tenant.deployment.config, localPassword(tenant.deployment.folders))
  })

  after(async () => {
    await pool.end()
    await tenant[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    await pool.query(
      'DROP TABLE IF EXISTS numbers; CREATE TABLE numbers (id bigint PRIMARY KEY, text text)',
    )
    client = await pool.connect()
    client.on('error', () => undefined)
  })

  afterEach(() => {
    client.release(true)
  })

  const ids = async (): Promise<number[]> => {
    const { rows } = await pool.query<{ id: number }>('SELECT id FROM numbers ORDER BY id')
    return rows.map(({ id }) => id)
  }

  /** The code of the error, or else its message. The connection must be usable afterwards. */
  const failureOf = async (statements: Parameters<typeof sendGroup>[1]): Promise<string> => {
    const error = await sendGroup(client, statements).then(
      () => new Error('no error'),
      (reason: unknown) => reason as Error,
    )
    const { rows } = await client.query('SELECT 1 AS one')
    expect(rows).to.deep.equal([{ one: 1 }])
    return (error as { code?: string }).code ?? error.message
  }

  /** 40 MB in pieces of 64 KiB: more than the sockets of both sides hold. */
  function* manyChunks(onChunk = (_: number): void => undefined): Generator<Uint8Array> {
    for (let id = 0; id < 640; id += 1) {
      onChunk(id)
      yield Buffer.from(`${id}\t${'x'.repeat(65_536)}\n`)
    }
  }

  it('return their results in order, with the number of copied rows', async () => {
    const results = await sendGroup(client, [
      { text: 'BEGIN' },
      { name: 'plus', text: 'SELECT $1::bigint + 1 AS sum', values: [41] },
      copyOf('1\ta', '2\tb'),
      { name: 'ids', text: 'SELECT id FROM numbers ORDER BY id' },
      { text: 'COMMIT' },
    ])
    expect(results.map(({ command }) => command)).to.deep.equal([
      'BEGIN',
      'SELECT',
      'COPY',
      'SELECT',
      'COMMIT',
    ])
    expect(results[1]?.rows).to.deep.equal([{ sum: 42 }])
    expect(results[2]?.rowCount).to.equal(2)
    expect(results[3]?.rows).to.deep.equal([{ id: 1 }, { id: 2 }])
  })

  it('after a failed statement none is run, although there is no transaction', async () => {
    const code = await failureOf([{ text: 'SELECT 1 / 0' }, copyOf('1\ta'), { text: 'SELECT 1' }])
    expect(code).to.equal('22012')
    expect(await ids()).to.deep.equal([])
  })

  it('after a failed statement, a named one that was skipped can be sent again', async () => {
    const named = { name: 'again', text: 'SELECT 2 AS two' }
    expect(await failureOf([{ text: 'SELECT 1 / 0' }, named])).to.equal('22012')
    const [answer] = await sendGroup(client, [named])
    expect(answer?.rows).to.deep.equal([{ two: 2 }])
  })

  it('a value that cannot be encoded stops the statements after it', async () => {
    const circular: unknown[] = []
    const value: Record<string, unknown> = { circular }
    circular.push(value)
    const message = await failureOf([
      { text: 'SELECT $1::text', values: [value] },
      { text: 'INSERT INTO numbers VALUES (1)' },
    ])
    expect(message).to.contain('circular')
    expect(await ids()).to.deep.equal([])
  })

  it('a COPY that fails at its start discards its rows and the statements after it', async () => {
    const insert = { text: 'INSERT INTO numbers VALUES (7)' }
    const text = 'COPY nothing FROM STDIN'
    expect(await failureOf([{ text, chunks: [Buffer.from('1\n')] }, insert])).to.equal('42P01')
    expect(await failureOf([{ text, chunks: manyChunks() }, insert])).to.equal('42P01')
    expect(await ids()).to.deep.equal([])
  })

  it('a COPY that fails in the middle stores nothing and takes no more rows', async () => {
    await pool.query('INSERT INTO numbers VALUES (3)')
    let taken = 0
    const chunks = manyChunks((id) => {
      taken = id
    })
    const insert = { text: 'INSERT INTO numbers VALUES (1000)' }
    expect(await failureOf([{ text: copy, chunks }, insert])).to.equal('23505')
    expect(taken).to.be.lessThan(639)
    expect(await ids()).to.deep.equal([3])
  })

  it('an error while rows are made ends the COPY with this error', async () => {
    const chunks = manyChunks((id) => {
      if (id === 300) throw new Error('row 300 cannot be made')
    })
    const insert = { text: 'INSERT INTO numbers VALUES (1000)' }
    expect(await failureOf([{ text: copy, chunks }, insert])).to.equal('row 300 cannot be made')
    expect(await ids()).to.deep.equal([])
  })

  it('rows are taken only as fast as the server reads them', async () => {
    const holder = await pool.connect()
    await holder.query('BEGIN; LOCK TABLE numbers')
    let taken = 0
    const chunks = manyChunks((id) => {
      taken = id + 1
    })
    const sent = sendGroup(client, [{ text: copy, chunks }, { text: 'SELECT 1' }])
    await until('the COPY waits for the lock', async () => {
      const { rowCount } = await holder.query(`SELECT 1 ${waitingForLock}`)
      return rowCount === 1
    })
    // More turns of the event loop than there are pieces.
    for (let turn = 0; turn < 2_000; turn += 1) await untilNextTurn()
    expect(taken).to.be.lessThan(640)
    await holder.query('COMMIT')
    holder.release()
    const [copied] = await sent
    expect(copied?.rowCount).to.equal(640)
    expect(taken).to.equal(640)
  })

  it('reject if the connection breaks while rows wait for the server', async () => {
    const holder = await pool.connect()
    await holder.query('BEGIN; LOCK TABLE numbers')
    let isGivenUp = false
    function* chunks(): Generator<Uint8Array> {
      try {
        yield* manyChunks()
      } finally {
        isGivenUp = true
      }
    }
    const failure = sendGroup(client, [{ text: copy, chunks: chunks() }]).catch(
      (error: unknown) => error,
    )
    await until('the COPY waits for the lock, and its session is ended', async () => {
      const { rowCount } = await holder.query(`SELECT pg_terminate_backend(pid) ${waitingForLock}`)
      return rowCount === 1
    })
    expect(await failure).to.be.instanceOf(Error)
    await until('the rows are given up', () => isGivenUp)
    await holder.query('COMMIT')
    holder.release()
    expect(await ids()).to.deep.equal([])
  })
})
