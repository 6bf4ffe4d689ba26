import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import {
  detectType,
  detectWithTika,
} from '../../../../services/worker/files/detection/detect-type.ts'

const read = (path: string): Buffer => readFileSync(`tests/fixtures/${path}`)
const text = (content: string): Buffer => Buffer.from(content)

const cases: readonly (readonly [name: string, start: Buffer, type: string, by: string])[] = [
  ['a.bin', read('parquet/snappy.parquet'), 'application/vnd.apache.parquet', 'signature'],
  ['a.csv', gzipSync('id,name\n'), 'application/gzip', 'signature'],
  ['a.csv', text('%PDF-1.7 '), 'application/pdf', 'signature'],
  ['a.txt', read('drives/strava.gpx'), 'application/gpx+xml', 'text'],
  ['a', read('drives/qgis.gpx').subarray(0, 60), 'application/gpx+xml', 'text'],
  ['a', text('<?xml version="1.0"?><kml/>'), 'application/xml', 'text'],
  ['a.csv', text('id\tname\n1\tAnn\n2\tBob\n'), 'text/tab-separated-values', 'text'],
  ['a.tsv', text('id,name\n1,"A, nn"\n2,Bob\n'), 'text/csv', 'text'],
  ['a.txt', text('id;name\n1;Ann\n'), 'text/csv', 'text'],
  ['a.txt', text('{"id":1}\n{"id":2}\n'), 'application/x-ndjson', 'text'],
  ['a.txt', text('[ {"id":1} ]'), 'application/json', 'text'],
  ['a.txt', text('{"id":\n1}'), 'application/json', 'text'],
  ['a.csv', text('id\n1\n2\n'), 'text/csv', 'name'],
  ['a.CSV', text(''), 'text/csv', 'name'],
  ['a.log', text('Some words, and others.\nMore.\n'), 'text/plain', 'name'],
  ['a', text('Some words'), 'application/octet-stream', 'default'],
]

describe('The type of a file', () => {
  for (const [name, start, type, by] of cases) {
    it(`is ${type} by its ${by} for ${name} with ${JSON.stringify(start.subarray(0, 24).toString('latin1'))}`, async () => {
      expect(await detectType(start, name)).to.deep.equal({ type, detectedBy: by })
    })
  }

  it('is not known while Tika cannot be reached, which the error says', async () => {
    const error: unknown = await detectWithTika('http://127.0.0.1:1', text('a'), 'a').catch(
      (caught: unknown) => caught,
    )
    expect((error as Error).message).to.equal(
      'Tika cannot be reached at http://127.0.0.1:1 (files.tikaUrl).',
    )
  })
})
