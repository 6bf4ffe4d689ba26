import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parsePipeline } from '../../../../services/pipelines/declaration/parse-pipeline.ts'
import type { ReadingsStep } from '../../../../services/pipelines/files/readings/readings-step.ts'
import { FileFault } from '../../../../services/pipelines/files/file-fault.ts'
import { parseReading } from '../../../../services/telemetry/reading/parse-reading.ts'
import { microsecondsPerDay } from '../../../../services/telemetry/reading/reading.ts'
import { readReadings } from '../../../../services/worker/files/readings/read-readings.ts'
import { inMemoryFile } from '../../../support/file-reading.ts'
import { drives, metadata } from './expected-drives.ts'

const textOf = (map: string): string =>
  `name = "drives"\nfrom.files.match = ["*"]\nto = "readings"\n[map]\n${map}\n`

function stepOf(map: string): ReadingsStep {
  const parsed = parsePipeline(textOf(map), () => ({ fault: '' }))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
  return (parsed.declaration as unknown as { step: ReadingsStep }).step
}

const window = {
  receivedAt: Date.parse('2026-11-29T00:00:00Z') * 1_000,
  retentionMicros: 30 * microsecondsPerDay,
}

/** Each reading as the producer gets it, or why there is none. */
async function readingsOf(content: Buffer, map: string, name = 'x'): Promise<unknown[]> {
  const found: unknown[] = []
  try {
    for await (const { line, made } of readReadings(inMemoryFile(content, 40), stepOf(map), name)) {
      if (made.kind === 'reading') {
        const parsed = parseReading(made.reading, window)
        expect(parsed, JSON.stringify(made.reading)).to.have.property('ok', true)
        found.push(made.reading)
      } else
        found.push(made.kind === 'refused' ? [line, made.code, made.detail] : [line, made.kind])
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error
    found.push(error.message)
  }
  return found
}

const drive = (name: string, map: string): Promise<unknown[]> =>
  readingsOf(readFileSync(`tests/fixtures/drives/${name}`), map, name)

describe('The readings of a file', () => {
  for (const [name, map, readings] of drives) {
    it(`in the layout of ${name} are found by the usual names and units of its header`, async () => {
      expect(await drive(name, `format = "csv"\n${map}`)).to.deep.equal(readings)
    })
  }

  it('of GPX are its track points, with computed speeds if it has none', async () => {
    const [first, second] = (await drive('strava.gpx', 'format = "gpx"\nvehicle = "S"')) as [
      Record<string, unknown>,
      Record<string, unknown>,
    ]
    expect(first).to.deep.equal({
      ...{ vin: 'S', timestamp: '2026-11-20T16:00:10Z', latitude: 52.520066, longitude: 13.404954 },
      ...{ speed: 0, sequence: 1, altitude: 34, metadata },
    })
    expect(second['speed']).to.be.closeTo(5.3, 0.1)
    expect(await drive('qgis.gpx', 'format = "gpx"\nvehicle = "S"')).to.deep.equal([
      ...[
        [1, 'left-out'],
        [2, 'left-out'],
        [3, 'left-out'],
      ],
      {
        ...{
          vin: 'S',
          timestamp: '2026-11-20T10:00:00+00:00',
          latitude: 40.4168,
          longitude: -3.7038,
        },
        ...{ speed: 3.5, sequence: 4 },
      },
    ])
    const komoot = await drive('komoot.gpx', 'format = "gpx"\nvehicle = "S"')
    expect(komoot.at(-1)).to.deep.equal([2, 'missing-field', 'The record has no time.'])
  })

  it('can be objects of JSON, with declared fields', async () => {
    const content = Buffer.from(
      '[{"at":1795165200.5,"p":{"la":1,"lo":"2"},"car":"A-1","sequence":7}]',
    )
    const map =
      'format = "json"\nvehicle = { field = "car" }\nfields = { timestamp = "at", latitude = "$.p.la", longitude = "$.p.lo" }'
    expect(await readingsOf(content, map)).to.deep.equal([
      {
        vin: 'A-1',
        timestamp: '2026-11-20T09:00:00.500000Z',
        latitude: 1,
        longitude: 2,
        speed: 0,
        sequence: 7,
      },
    ])
  })

  it('are refused with a sentence if the header or the name of the file does not fit', async () => {
    const csv = 'format = "csv"\nvehicle = "V"'
    expect(await readingsOf(Buffer.from('a,b\n1,2\n'), csv)).to.deep.equal([
      'The header has no field for the timestamp: none is named like "timestamp", "recordedat", "fixtime", "gpstime", "gpsdatetime", "time", "datetime", "timeutc", "utctime", "utc", "date", "devicetime", "eventtime", "happenedat". Declare map.fields.timestamp. Its fields are "a", "b".',
    ])
    expect(await readingsOf(Buffer.alloc(0), csv)).to.deep.equal([
      'The file is empty; expected a header with the names of the fields.',
    ])
    const byName = 'format = "csv"\nvehicle = { file = "{vehicle}_*.csv" }'
    expect(await readingsOf(Buffer.from('a'), byName, 'drive.csv')).to.deep.equal([
      'The name of the file has no vehicle: it does not match map.vehicle.file = "{vehicle}_*.csv". A vehicle has 1 to 32 letters, digits and hyphens.',
    ])
    const local = Buffer.from('time,lat,lon\n2026-11-20 09:00:00,1,2\n')
    expect(await readingsOf(local, csv)).to.deep.equal([
      [
        ...[2, 'invalid-timestamp'],
        'The time is "2026-11-20 09:00:00", without an offset; declare map.time_offset, e.g. "Z" or "+01:00".',
      ],
    ])
  })
})
