import { EventEmitter } from 'node:events'
import { expect } from 'chai'
import type pg from 'pg'
import type { CopyStreamQuery } from 'pg-copy-streams'
import { CopyStream } from '../../../services/adapters/postgres/tables/copy-stream.ts'

/** The part of a connection that pg-copy-streams uses, with a socket that takes nothing more at once. */
class FullSocket extends EventEmitter {
  readonly written: Buffer[] = []
  write(bytes: Buffer): boolean {
    this.written.push(bytes)
    return false
  }
}

/** The methods that pg calls on a query. */
type Query = CopyStreamQuery & {
  submit(connection: object): void
  handleCopyInResponse(connection: object): void
  handleError(error: Error): void
}

describe('A stream of rows to the database', () => {
  function aStream() {
    const socket = new FullSocket()
    const connection = { stream: socket, query: () => undefined, sendCopyFail: () => undefined }
    let query: Query | undefined
    const client = {
      query: (submitted: Query) => {
        query = submitted
        query.submit(connection)
        return query
      },
    }
    const stream = new CopyStream(client as unknown as pg.PoolClient, 'COPY t FROM STDIN')
    return { stream, socket, connection, query: query as unknown as Query }
  }

  it('rejects if the database refuses a row while the socket is full, and the socket drains later', async () => {
    const { stream, socket, connection, query } = aStream()
    const writing = (async () => {
      for (let piece = 0; piece < 5; piece += 1) await stream.write(Buffer.alloc(100))
      await stream.end()
    })()
    query.handleCopyInResponse(connection)
    await new Promise(setImmediate)
    query.handleError(new Error('duplicate key'))
    // Without an exception from the event.
    socket.emit('drain')
    expect(await writing.catch((error: unknown) => (error as Error).message)).to.equal(
      'duplicate key',
    )
  })

  it('sends small pieces together', async () => {
    const { stream, socket, connection, query } = aStream()
    for (let piece = 0; piece < 10; piece += 1) await stream.write(Buffer.alloc(6_600))
    query.handleCopyInResponse(connection)
    await new Promise(setImmediate)
    expect(socket.written.map(({ length }) => length)).to.deep.equal([5, 66_000])
  })
})
