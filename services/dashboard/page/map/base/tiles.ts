import type { Map as MapLibreMap, RasterTileSource, VectorTileSource } from 'maplibre-gl'
import { addProtocol } from 'maplibre-gl'
import type { Session } from '../../state/session.ts'
import { readTheme } from './theme.ts'
import { vectorLayers } from './vector/layers.ts'

/** The wait before failed tiles are requested again. */
const retryDelayMs = 3_000

/** Many tile servers have no tiles above this zoom level. There, these tiles are scaled up. */
const maxTileZoom = 19

/**
 * Adds the configured tiles below everything except the outlines. If they cannot be loaded, the map works
 * without them and the session gets an event with the reason.
 */
export async function startTiles(map: MapLibreMap, session: Session): Promise<void> {
  const { tiles, pmtiles } = session.settings.map
  if (pmtiles !== undefined) {
    try {
      await addArchive(map, new URL(pmtiles, location.href).href)
      watchTiles(map, session, 'Some map tiles in dashboard.pmtilesFile cannot be read.')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      session.emit('baseMapProblem', `dashboard.pmtilesFile cannot be read: ${reason}.`)
    }
  } else if (tiles !== undefined) {
    addRaster(map, { tiles: [tiles], maxzoom: maxTileZoom })
    watchTiles(map, session, `Some map tiles cannot be loaded from ${new URL(tiles).host}.`)
  }
}

function addRaster(
  map: MapLibreMap,
  source: { tiles: string[]; maxzoom: number } | { url: string },
): void {
  map.addSource('tiles', { type: 'raster', tileSize: 256, ...source })
  map.addLayer({ id: 'tiles', type: 'raster', source: 'tiles' }, 'road-edges')
}

/** Adds one archive file with all tiles; the page reads it in ranges. */
async function addArchive(map: MapLibreMap, url: string): Promise<void> {
  const { PMTiles, Protocol, TileType } = await import('pmtiles')
  const protocol = new Protocol()
  const archive = new PMTiles(url)
  protocol.add(archive)
  addProtocol('pmtiles', protocol.tile)
  const { tileType } = await archive.getHeader()
  if (tileType !== TileType.Mvt) {
    addRaster(map, { url: `pmtiles://${url}` })
    return
  }
  map.addSource('tiles', { type: 'vector', url: `pmtiles://${url}` })
  for (const layer of vectorLayers(readTheme())) map.addLayer(layer, 'road-edges')
}

/** Reports tiles that fail to load, and requests them again until they load. */
function watchTiles(map: MapLibreMap, session: Session, fault: string): void {
  const source = map.getSource<RasterTileSource | VectorTileSource>('tiles')
  let retry: number | undefined
  source?.on('error', () => {
    session.emit('baseMapProblem', fault)
    retry ??= setTimeout(() => {
      retry = undefined
      map.refreshTiles('tiles')
    }, retryDelayMs)
  })
  source?.on('data', ({ tile }: { readonly tile?: unknown }) => {
    if (tile !== undefined && retry === undefined) session.emit('baseMapProblem', undefined)
  })
}
