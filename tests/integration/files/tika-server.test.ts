import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { detectType, detectWithTika } from '../../../services/worker/files/detection/detect-type.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { noTika, Tika } from '../../support/tika.ts'
import { until } from '../../support/until.ts'

const fixture = (path: string): Buffer => readFileSync(`tests/fixtures/${path}`)
const csv = 'id,name,price\n1,"A, nn",2\n2,Bob,3\n'
const lines = Buffer.from('{"id":1}\n{"id":2}\n')

/** Files whose types Tika and the worker name alike, and what Tika says about the others (docs/pipelines.md). */
const cases: readonly (readonly [name: string, start: Buffer, ofTika?: string])[] = [
  ['a.csv', Buffer.from(csv)],
  ['a.csv', Buffer.from('id;name\n1;Ann\n')],
  ['a.csv', Buffer.from('id\n1\n2\n')],
  ['a.tsv', Buffer.from('id\tname\n1\tAnn\n2\tBob\n')],
  ['a.json', Buffer.from('[ {"id":1} ]')],
  ['a.csv.gz', gzipSync(csv)],
  ['ä "b".pdf', Buffer.from('%PDF-1.7 ')],
  ['a.txt', Buffer.from('Some words, and others.\nMore.\n')],
  ['a', Buffer.from([0, 1, 2, 3])],
  ['a.parquet', fixture('parquet/snappy.parquet'), 'application/x-parquet'],
  ['a.gpx', fixture('drives/strava.gpx'), 'application/xml'],
  ['a.ndjson', lines, 'text/plain'],
]

describe('A server of Apache Tika', function () {
  this.timeout(120_000)
  let tika: Tika
  let files: FileTenant | undefined

  before(async function () {
    const started = await Tika.start()
    if (started === undefined) {
      process.stdout.write(`    ${noTika}\n`)
      return this.skip()
    }
    tika = started
  })

  after(async () => {
    await files?.[Symbol.asyncDispose]()
    await (tika as Tika | undefined)?.[Symbol.asyncDispose]()
  })

  for (const [name, start, ofTika] of cases) {
    const title = JSON.stringify(start.subarray(0, 20).toString('latin1'))
    const what = ofTika === undefined ? 'the same type as the worker' : ofTika
    it(`detects ${what} for ${name} with ${title}`, async () => {
      const { type } = await detectType(start, name)
      expect(await detectWithTika(tika.url, start, name)).to.deep.equal({
        ...{ type: ofTika ?? type, detectedBy: 'tika' },
      })
      if (ofTika !== undefined) expect(type).not.to.equal(ofTika)
    })
  }

  it('gives a file to the pipeline of its type, whatever its name is', async () => {
    files = await FileTenant.create(undefined, [`files.tikaUrl=${tika.url}`])
    const byType = orders().replace('match = ["*.csv"]', 'mimetypes = ["text/csv"]')
    files.declare('orders', byType)
    files.drop('delivery.csv', csv)
    files.drop('delivery.csv.pdf', '%PDF-1.7 ')
    await files.startWorker()
    const [loaded] = (await files.untilMoved(1)).filter(({ pipeline }) => pipeline !== null)
    expect(loaded).to.include({ key: '01_inbox/delivery.csv', state: 'complete', rows: 2 })
    const typesOf = () =>
      files?.tenant.sql<{ content_type: string; detected_by: string }>(
        'SELECT content_type, detected_by FROM file ORDER BY key',
      )
    await until('the other file is unmatched', async () => (await typesOf())?.length === 2)
    expect(await typesOf()).to.deep.equal([
      { content_type: 'text/csv', detected_by: 'tika' },
      { content_type: 'application/pdf', detected_by: 'tika' },
    ])
  })
})
