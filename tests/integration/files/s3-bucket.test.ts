import { expect } from 'chai'
import { S3Store } from '../../../services/adapters/objects/s3-store.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'
import { findVersitygw, Versitygw } from '../../../scripts/platform/versitygw.ts'

describe('Files in a bucket of an S3 server', function () {
  this.timeout(60_000)
  let server: Versitygw | undefined
  let tenant: FileTenant | undefined
  let store: S3Store

  before(async function () {
    const program = findVersitygw()
    // Neither versitygw nor Go, which builds it, is installed.
    if (program === undefined) this.skip()
    server = await Versitygw.start(program)
    store = new S3Store(server.settings)
    tenant = await FileTenant.create({ kind: 's3', ...server.settings })
    tenant.declare('orders', orders())
    await tenant.startWorker()
  })
  after(async () => {
    await tenant?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
  })

  const keysIn = async (folder: string): Promise<string[]> => {
    const keys: string[] = []
    for await (const one of store.list(folder)) if (one.kind === 'object') keys.push(one.object.key)
    return keys
  }

  it('are loaded and moved to the archive, or to the error folder with the reason', async () => {
    await until('the worker has made the bucket and the inbox', async () =>
      (await keysIn('01_inbox').catch(() => undefined)) === undefined ? undefined : true,
    )
    await store.write('01_inbox/good.csv', Buffer.from('id,name,price\n1,a,2\nx,b,3\n'))
    await store.write('01_inbox/bad.csv', Buffer.from('id,other\n1,a\n'))
    const files = await tenant!.untilMoved(2)
    expect(files.find(({ key }) => key.endsWith('good.csv'))).to.include({ lines: 2, rejected: 1 })
    expect(await keysIn('01_inbox')).to.deep.equal([])
    expect(await keysIn('03_archive')).to.deep.equal(['03_archive/good.csv'])
    await until('the reason is beside the failed file', async () => {
      const keys = await keysIn('04_failed')
      return keys.join() === '04_failed/bad.csv,04_failed/bad.csv.error_log' ? true : undefined
    })
  })

  it('wait while the server is away, and are loaded once when it is back', async () => {
    await store.write('01_inbox/waits.csv', Buffer.from('id,name,price\n7,a,2\n'))
    await server!.stop()
    await until('the worker says that the bucket cannot be read', () =>
      tenant!.log.lines.some(({ event, error }) => {
        return (
          event === 'files-not-read' && String(error).includes(`${store.address} cannot be read`)
        )
      }),
    )
    await server!.startAgain()
    await tenant!.untilMoved(3)
    const rows = await tenant!.tenant.sql('SELECT id FROM data.orders WHERE id = 7')
    expect(rows).to.have.length(1)
  })
})
