import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../../../scripts/documents/chromium.ts'
import type { OpenPage } from '../../support/browser.ts'
import { chromiumOrSkip, countPixels, openPage, readPixels } from '../../support/browser.ts'
import type { NamedFeature, SchemaFeature } from '../../support/map-schemas.ts'
import { mapSchemas } from '../../support/map-schemas.ts'
import { vectorArchive } from '../../support/map-tiles.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'
import type { TileFeature } from '../../support/vector-tiles.ts'
import { tileExtent, vectorTile } from '../../support/vector-tiles.ts'

// The map shows one tile of 512 pixels. It is divided into 8 columns and 8 rows of cells.

const [tilePx, cellPx] = [512, 64]
const cellUnits = tileExtent / 8
const tile = { z: 15, x: 5241, y: 12665 }

/** Colours of features in the light mode. */
const areas = {
  park: '#dbe8d8',
  wood: '#cbdfca',
  residential: '#e6e9ec',
  industrial: '#e4e0e6',
  water: '#d3dee7',
  building: '#d9dee3',
}
const lines = {
  motorway: '#f5dfb4',
  'main road': '#ffffff',
  'side road': '#ffffff',
  'minor road': '#ffffff',
  'service road': '#ffffff',
  rail: '#b9c2cb',
  river: '#d3dee7',
  border: '#c3ccd4',
}
const colours: Readonly<Record<string, string>> = { ...areas, ...lines }
const things = Object.keys(colours)
const names: Readonly<Record<NamedFeature, string>> = {
  'motorway number': '#586673',
  street: '#586673',
  lake: '#4d6a86',
  town: '#17212b',
}
const named = Object.keys(names) as NamedFeature[]

type Position = [x: number, y: number]

/** A polygon with two parts that nearly fill the cell, or a line through the middle of the cell. */
function featureIn(cell: number, thing: string, [layer, properties]: SchemaFeature): TileFeature {
  const [left, top] = [(cell % 8) * cellUnits, Math.floor(cell / 8) * cellUnits]
  const at = (x: number, y: number): Position => [
    Math.round(left + cellUnits * x),
    Math.round(top + cellUnits * y),
  ]
  const box = (from: number, to: number): Position[] => [
    at(from, 0.1),
    at(to, 0.1),
    at(to, 0.9),
    at(from, 0.9),
  ]
  // The middle of a pixel: a thin line covers it completely.
  const middle = 0.5 + 0.5 / cellPx
  return thing in lines
    ? { layer, type: 'line', parts: [[at(0.1, middle), at(0.9, middle)]], properties }
    : { layer, type: 'polygon', parts: [box(0.1, 0.2), box(0.3, 0.9)], properties }
}

/** A line across the row, or a point in its middle. */
function namedFeatureIn(
  row: number,
  name: NamedFeature,
  [layer, properties]: SchemaFeature,
): TileFeature {
  const y = (row + 0.5) * cellUnits
  if (name === 'lake' || name === 'town')
    return { layer, type: 'point', parts: [[[tileExtent / 2, y]]], properties }
  const line: Position[] = [
    [0, y],
    [tileExtent, y],
  ]
  return { layer, type: 'line', parts: [line], properties }
}

/** The middle of the tile, in degrees. */
function middleOf({ z, x, y }: typeof tile): { latitude: number; longitude: number } {
  const longitude = ((x + 0.5) / 2 ** z) * 360 - 180
  const mercator = Math.PI * (1 - (2 * (y + 0.5)) / 2 ** z)
  return { latitude: (Math.atan(Math.sinh(mercator)) * 180) / Math.PI, longitude }
}

describe('Map of vector tiles', function () {
  this.timeout(120_000)
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-vector-map-'))
  const mapFile = join(folder, 'map.pmtiles')
  let browser: Browser
  let tenant: Tenant
  let open: OpenPage

  before(async function () {
    this.timeout(90_000)
    const executable = chromiumOrSkip(this)
    write([])
    tenant = await Tenant.create(await sharedServers(), [`dashboard.pmtilesFile=${mapFile}`])
    tenant.spawn('dashboard')
    browser = await launchChromium(executable)
    await until(
      'the dashboard listens',
      async () => (await fetch(`${tenant.dashboardUrl}/api/settings`)).ok,
    )
  })

  beforeEach(async () => {
    open = await openPage(browser, { viewport: { width: 1000, height: 700 } })
  })

  afterEach(async () => {
    await (open as OpenPage | undefined)?.page.context().close()
  })

  after(async () => {
    // Undefined if the setup was skipped or has failed.
    await (browser as Browser | undefined)?.close()
    await (tenant as Tenant | undefined)?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  function write(features: readonly TileFeature[]): void {
    writeFileSync(mapFile, vectorArchive([{ ...tile, bytes: vectorTile(features) }]))
  }

  /** Opens the map at the middle of the tile. */
  async function visit(zoom: number): Promise<void> {
    const { latitude, longitude } = middleOf(tile)
    await open.page.goto(`${tenant.dashboardUrl}/#/live?at=${latitude},${longitude},${zoom}`)
    await open.page.locator('.pulse[data-kind="live"]').waitFor()
    // The card for a fleet without vehicles covers the map.
    await open.page.evaluate(`document.querySelector('#empty').remove()`)
  }

  /** A picture of the tile at zoom level 15, or of one row of its cells. */
  async function picture(row?: number): Promise<Buffer> {
    const box = await open.page.locator('#map').boundingBox()
    if (!box) throw new Error('The page contains no map.')
    const x = box.x + (box.width - tilePx) / 2
    const y = box.y + (box.height - tilePx) / 2
    const clip =
      row === undefined
        ? { x, y, width: tilePx, height: tilePx }
        : { x, y: y + row * cellPx, width: tilePx, height: cellPx }
    return open.page.screenshot({ clip })
  }

  /** The colours in the middle of the cells, one for each thing. */
  async function drawnColours(): Promise<Record<string, string>> {
    const positions = things.map((_, cell) => ({
      x: (cell % 8) * cellPx + cellPx / 2,
      y: Math.floor(cell / 8) * cellPx + cellPx / 2,
    }))
    const found = await readPixels(open.page, await picture(), positions)
    return Object.fromEntries(things.map((thing, cell) => [thing, found[cell] ?? '']))
  }

  for (const [name, schema] of Object.entries(mapSchemas)) {
    it(`draws land use, roads and borders of ${name} in the colours of the theme`, async () => {
      write(things.map((thing, cell) => featureIn(cell, thing, schema.things[thing]!)))
      await visit(15)
      let drawn: Record<string, string> = {}
      await until(
        () => `all things have their colours: ${JSON.stringify(drawn)}`,
        async () => {
          drawn = await drawnColours()
          return things.every((thing) => drawn[thing] === colours[thing])
        },
      )
      expect(open.faults).to.deep.equal([])
    })

    it(`draws names of ${name} and requests no server for letters`, async () => {
      write(named.map((one, row) => namedFeatureIn(row, one, schema.names[one])))
      await visit(15)
      let missing: string[] = []
      await until(
        () => `names are drawn, except: ${missing.join(', ')}`,
        async () => {
          missing = []
          for (const [row, one] of named.entries()) {
            const inked = await countPixels(open.page, await picture(row), names[one])
            if (inked < 15) missing.push(one)
          }
          return missing.length === 0
        },
      )
      expect(open.faults).to.deep.equal([])
    })
  }
})
