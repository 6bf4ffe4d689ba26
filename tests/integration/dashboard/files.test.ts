import { request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { expect } from 'chai'
import type { File, Files } from '../../../services/dashboard/api/files.ts'
import type { Pipeline } from '../../../services/dashboard/api/pipelines.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { until } from '../../support/until.ts'

const content = 'id,name,price\n1,Ann,1\nx,Bob,2\n'

describe('Files in the API of the dashboard', function () {
  this.timeout(120_000)
  let files: FileTenant

  before(async () => {
    files = await FileTenant.create(undefined, ['files.maxUploadMegabytes=1'])
    files.declare('orders', orders())
    await files.startWorker()
    await files.startDashboard()
    await until('the inbox is there', () => files.names('.').includes('01_inbox'))
  })

  after(() => files[Symbol.asyncDispose]())

  const at = (path: string) => `${files.tenant.dashboardUrl}${path}`
  const get = async (path: string) => (await fetch(at(path))).json()
  const list = async (query = '') => (await get(`/api/files${query}`)) as Files
  const send = (path: string, method: string, headers: Record<string, string> = {}) =>
    fetch(at(path), { method, headers })
  const put = (name: string, body: string | Uint8Array, pipeline = 'orders') =>
    fetch(at(`/api/files/${pipeline}/${name}`), { method: 'PUT', body: body as string })
  const problemOf = async (response: Response) => {
    const { detail } = (await response.json()) as { detail: string }
    return [response.status, detail]
  }
  const untilFile = (key: string, isDone: (file: File) => boolean) =>
    until(`${key} is done`, async () => {
      const [file] = (await list(`?key=${encodeURIComponent(key)}`)).files
      return file !== undefined && isDone(file) && file
    })
  const pause = (isPaused: boolean) =>
    files.tenant.sql(
      `UPDATE pipeline SET paused = $1, pause_reason = CASE WHEN $1 THEN 'test' END`,
      [isPaused],
    )

  it('PUT /api/files stores a file in the inbox, and GET shows what became of it', async () => {
    const response = await put('first.csv', content)
    expect(response.status).to.equal(201)
    expect(await response.json()).to.deep.equal({
      ...{ pipeline: 'orders', name: 'first.csv', key: '01_inbox/first.csv' },
      size: Buffer.byteLength(content),
    })
    const file = await untilFile('01_inbox/first.csv', ({ archivedAt }) => archivedAt !== null)
    expect(file).to.deep.include({
      ...{ name: 'first.csv', pipeline: 'orders', state: 'complete', fault: null, detail: null },
      ...{ size: 30, readBytes: 30, lines: 2, rows: 1, rejected: 1, attempt: 1, hasErrors: true },
      target: '03_archive/first.csv',
    })
    expect(await get(`/api/files/${file.id}`)).to.deep.equal(file)
    expect(await get(file.task?.url ?? '')).to.include({ id: file.task?.id, method: 'load_file' })
    const page = await list('?state=complete')
    expect(page.files).to.deep.equal([file])
    expect(page).to.deep.include({
      inboxes: [{ pipeline: 'orders', folder: '01_inbox', match: ['*.csv'], mimetypes: [] }],
      ...{ next: null, maxUploadBytes: 1_000_000, mayChange: true },
    })
    const { isEnabled, files: ofPipeline } = (await get('/api/pipelines/orders')) as Pipeline
    expect([isEnabled, ofPipeline]).to.deep.equal([
      true,
      {
        ...{ inbox: '01_inbox', processing: null, archive: '03_archive', error: '04_failed' },
        ...{ canceled: '05_canceled', match: ['*.csv'], mimetypes: [] },
        counts: { queued: 0, running: 0, complete: 1, failed: 0, canceled: 0 },
      },
    ])
    const errors = await fetch(at(`/api/files/${file.id}/errors`))
    expect(errors.headers.get('content-disposition')).to.equal(
      'attachment; filename=first.csv.error_log',
    )
    expect(await errors.text()).to.include(
      'line 3: wrong-type: The field "id" is "x"; expected a whole number.\t"x,Bob,2"',
    )
  })

  it('PUT refuses names and pipelines with the reason', async () => {
    const refusals = [
      ['a.txt', 'orders', 422, 'The pipeline orders does not match "a.txt"'],
      ['a.csv', 'none', 404, 'There is no pipeline "none"; those that load files are: orders.'],
      ['.a.csv', 'orders', 422, 'The name ".a.csv" begins with a dot'],
      ['..%2F..%2Fa.csv', 'orders', 422, 'The name contains "/"'],
      ['a%0Ab.csv', 'orders', 422, 'The name contains a control character'],
      [`${'x'.repeat(252)}.csv`, 'orders', 422, 'A name is longer than 255 bytes: 256.'],
    ] as const
    for (const [name, pipeline, status, reason] of refusals) {
      const [found, detail] = await problemOf(await put(name, content, pipeline))
      expect(detail).to.include(reason)
      expect(found).to.equal(status)
    }
    expect((await send('/api/files/orders/a%FFb.csv', 'PUT')).status).to.equal(400)
    const foreign = { origin: 'http://evil.example' }
    expect((await send('/api/files/orders/a.csv', 'PUT', foreign)).status).to.equal(403)
  })

  it('PUT refuses a file that is too large or whose name waits in the inbox, and keeps nothing of it', async () => {
    const large = Buffer.alloc(1_000_001, 0x61)
    expect((await put('large.csv', large)).status).to.equal(413)
    // Without a length.
    const request = httpRequest(at('/api/files/orders/chunked.csv'), { method: 'PUT' })
    const answered = once(request, 'response')
    request.on('error', () => undefined)
    request.write(large)
    request.end()
    const [{ statusCode }] = (await answered) as [{ statusCode: number }]
    expect(statusCode).to.equal(413)
    await pause(true)
    expect((await put('taken.csv', content)).status).to.equal(201)
    const [status, detail] = await problemOf(await put('taken.csv', 'id,name,price\n'))
    expect(status).to.equal(409)
    expect(detail).to.include('A file with the name "taken.csv" waits in the inbox.')
    expect(files.read('01_inbox/taken.csv')).to.equal(content)
    expect(files.names('.incoming')).to.deep.equal([])
    expect(files.names('01_inbox')).to.deep.equal(['taken.csv'])
  })

  it('PUT keeps nothing of a file whose sender goes away', async () => {
    const request = httpRequest(at('/api/files/orders/cut.csv'), {
      ...{ method: 'PUT', headers: { 'content-length': '1000' } },
    })
    request.on('error', () => undefined)
    request.write('id,name')
    const parts = () => files.names('.unfinished').length
    await until('the file is written', () => parts() > 0)
    request.destroy()
    await until('the part is removed', () => parts() === 0)
    expect(files.names('01_inbox')).to.not.include('cut.csv')
  })

  it('POST /api/files/{id}/cancel and /manager/cancel-record/{id} cancel a file', async () => {
    const isQueued = ({ state }: File) => state === 'queued'
    const { id } = await untilFile('01_inbox/taken.csv', isQueued)
    expect(await (await send(`/api/files/${id}/cancel`, 'POST')).json()).to.include({
      ...{ id, state: 'canceled' },
    })
    await put('other.csv', content)
    const other = await untilFile('01_inbox/other.csv', isQueued)
    const old = await send(`/manager/cancel-record/${other.id}`, 'POST')
    expect(await old.json()).to.include({ id: other.id, state: 'canceled' })
    const moved = () => files.names('05_canceled').length === 2
    await until('both files are moved', moved)
    const first = (await list('?state=complete')).files[0]
    expect(await problemOf(await send(`/api/files/${first?.id}/cancel`, 'POST'))).to.deep.equal([
      ...[409, `The file ${first?.id} was loaded or has failed already. It cannot be canceled.`],
    ])
    expect((await send('/api/files/999999/cancel', 'POST')).status).to.equal(404)
    expect(await get('/manager/health')).to.deep.equal({ status: 'ok' })
  })

  it('GET shows a file that no pipeline matches with the reason', async () => {
    files.drop('notes.txt', 'x')
    const file = await untilFile('01_inbox/notes.txt', () => true)
    expect(file).to.include({
      ...{ state: 'unmatched', pipeline: null, task: null, attempt: null },
      detail: 'No pipeline matches its name or its type.',
    })
    await until('it is counted', async () => {
      const counts = (await get('/manager/status')) as Record<string, number>
      return counts['Unmatched'] === 1
    })
    expect(await get('/manager/status')).to.deep.equal({
      ...{ Queued: 0, Processing: 0, Complete: 1, Failed: 0, Canceled: 2, Unmatched: 1 },
    })
    expect((await send(`/api/files/${file.id}/cancel`, 'POST')).status).to.equal(409)
  })

  it('GET keeps the state of a file whose task was deleted', async () => {
    await files.tenant.sql(`DELETE FROM task WHERE state = 'canceled'`)
    const states = (await list()).files.map(({ name, state, task }) => [name, state, task === null])
    expect(states).to.deep.equal([
      ...[
        ['notes.txt', 'unmatched', true],
        ['other.csv', 'canceled', true],
      ],
      ...[
        ['taken.csv', 'canceled', true],
        ['first.csv', 'complete', false],
      ],
    ])
    const page = await list('?limit=2')
    expect(
      (await list(`?limit=2&before=${page.next}`)).files.map(({ name }) => name),
    ).to.deep.equal([...['taken.csv', 'first.csv']])
  })
})
