import { once } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import type { StoredObject } from '../../../services/adapters/objects/object-store.ts'
import { TypeUnavailableError } from '../../../services/worker/files/detection/detect-type.ts'
import { TypeDetector } from '../../../services/worker/files/detection/type-detector.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

describe('A Tika server that is slow', function () {
  this.timeout(30_000)
  const folder = new TemporaryFolder()
  const store = new FolderStore(folder.path)
  let server: Server
  let waiting: ServerResponse[]
  let types: TypeDetector

  beforeEach(async () => {
    waiting = []
    server = createServer((request, response) => {
      request.resume()
      waiting.push(response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const tikaUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    types = new TypeDetector({ store, tikaUrl })
  })

  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })
  after(() => {
    folder[Symbol.dispose]()
  })

  const put = async (name: string): Promise<StoredObject> => {
    await store.write(`01_inbox/${name}`, Buffer.from('a;b\n'))
    const found = await store.find(`01_inbox/${name}`)
    if (found === undefined) throw new Error('The file is not there.')
    return found
  }
  /** What one scan finds out about the files. */
  const scan = async (objects: readonly StoredObject[]) => {
    const found: unknown[] = []
    for (const object of objects)
      found.push(
        await types.typeOf(object).then(
          (each) => each?.type,
          (error: unknown) => error instanceof TypeUnavailableError && error.message,
        ),
      )
    types.endScan()
    return found
  }

  it('delays a scan by a second at most, and its late answer is used by a later scan', async () => {
    const objects = [await put('a.csv'), await put('b.csv')]
    const since = performance.now()
    for (const text of await scan(objects)) expect(text).to.match(/has not answered yet\.$/)
    expect(performance.now() - since).to.be.lessThan(5_000)
    for (const text of await scan([...objects].reverse()))
      expect(text).to.match(/has not answered yet\.$/)
    expect(waiting.length, 'requests at the same time').to.equal(1)
    waiting[0]?.end('text/csv')
    await until('the late answer is used', async () => (await scan(objects))[0] === 'text/csv')
    await until('the other file is asked for', () => waiting[1])
    waiting[1]?.end('text/plain')
    await until('both types are known', async () => (await scan(objects))[1] === 'text/plain')
  })

  it('is an outage if it ends the connection within its answer', async () => {
    const objects = [await put('c.csv')]
    const result = scan(objects)
    const response = await until('the request has come', () => waiting[0])
    response.writeHead(200, { 'content-length': '100' }).write('text')
    response.socket?.destroySoon()
    expect((await result)[0]).to.match(/^Tika cannot be reached at http/)
  })
})
