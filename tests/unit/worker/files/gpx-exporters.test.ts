import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parsePipeline } from '../../../../services/pipelines/declaration/parse-pipeline.ts'
import type { ReadingsStep } from '../../../../services/pipelines/files/readings/readings-step.ts'
import { readReadings } from '../../../../services/worker/files/readings/read-readings.ts'
import { inMemoryFile } from '../../../support/file-reading.ts'

const declaration = `name = "drives"
from.files.match = ["*"]
to = "readings"
[map]
format = "gpx"
vehicle = "V"
`

/** How many records of each file become readings, are left out (waypoints, route points), or are refused. */
const exporters: Readonly<Record<string, readonly [number, number, number]>> = {
  'garmin-connect': [2, 0, 0],
  geotracker: [2, 0, 0],
  gpslogger: [2, 0, 0],
  komoot: [1, 0, 1],
  opentracks: [1, 0, 0],
  osmand: [2, 1, 0],
  qgis: [1, 3, 0],
  strava: [2, 0, 0],
}

describe('The GPX', () => {
  for (const [name, expected] of Object.entries(exporters)) {
    it(`of ${name} is read, and its records without a reading are counted by kind`, async () => {
      const parsed = parsePipeline(declaration, () => ({ fault: '' }))
      if (!parsed.ok) expect.fail(JSON.stringify(parsed.faults))
      const { step } = parsed.declaration as unknown as { step: ReadingsStep }
      const file = inMemoryFile(readFileSync(`tests/fixtures/drives/${name}.gpx`), 40)
      const counts = { reading: 0, 'left-out': 0, refused: 0 }
      for await (const { made } of readReadings(file, step, `${name}.gpx`)) counts[made.kind] += 1
      expect(Object.values(counts)).to.deep.equal(expected)
    })
  }
})
