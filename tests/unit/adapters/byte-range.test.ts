import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import express from 'express'
import request from 'supertest'
import { sendLargeFile } from '../../../services/adapters/http/files/byte-range.ts'

describe('sendLargeFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-range-'))
  const path = join(folder, 'file')
  const app = express().get('/', async (asked, response) => {
    response.set('content-type', 'text/plain')
    if (!(await sendLargeFile(asked, response, path))) response.sendStatus(404)
  })

  before(() => {
    writeFileSync(path, '0123456789')
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('sends the whole file without a range, and for ranges that it does not know', async () => {
    for (const range of [undefined, 'bytes=1-2,4-5', 'lines=1-2', 'bytes=-', 'bytes=5-2']) {
      const { status, text, headers } = await request(app)
        .get('/')
        .set(range === undefined ? {} : { range })
      expect([status, text], range).to.deep.equal([200, '0123456789'])
      expect(headers['accept-ranges']).to.equal('bytes')
    }
  })

  for (const [range, text, contentRange] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
    ['bytes=9-99', '9', 'bytes 9-9/10'],
  ] as const) {
    it(`sends ${contentRange} for ${range}`, async () => {
      const { status, text: sent, headers } = await request(app).get('/').set({ range })
      expect([status, sent, headers['content-range']]).to.deep.equal([206, text, contentRange])
    })
  }

  for (const range of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) {
    it(`returns 416 for ${range}`, async () => {
      const { status, headers } = await request(app).get('/').set({ range })
      expect([status, headers['content-range']]).to.deep.equal([416, 'bytes */10'])
    })
  }

  it('returns 304 for its etag, and ignores the range for the etag of another version', async () => {
    const { headers } = await request(app).get('/')
    const etag = String(headers['etag'])
    expect((await request(app).get('/').set('if-none-match', etag)).status).to.equal(304)
    const range = 'bytes=2-4'
    const other = await request(app).get('/').set({ range, 'if-range': '"other"' })
    expect([other.status, other.text]).to.deep.equal([200, '0123456789'])
    const same = await request(app).get('/').set({ range, 'if-range': etag })
    expect([same.status, same.text]).to.deep.equal([206, '234'])
  })
})
