import type { Map as MapLibreMap, RasterTileSource, VectorTileSource } from 'maplibre-gl'
import { addProtocol } from 'maplibre-gl'
import type { Session } from '../../state/session.ts'
import { readTheme } from './theme.ts'
import { vectorLayers } from './vector-layers.ts'

/** Milliseconds after which tiles that did not come are asked for again. */
const retryDelayMs = 3_000

/** Beyond, tiles are drawn larger than they are: many servers have no more. */
const maxTileZoom = 19

/**
 * Puts the tiles of the configuration under everything but the outlines. Where they cannot be had the
 * map goes on without them, and the session is told why.
 */
export async function startTiles(map: MapLibreMap, session: Session): Promise<void> {
  const { tiles, pmtiles } = session.settings.map
  if (pmtiles !== undefined) {
    try {
      await addArchive(map, new URL(pmtiles, location.href).href)
      watchTiles(map, session, 'Not all tiles of dashboard.pmtilesFile can be read.')
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      session.emit('baseMapProblem', `dashboard.pmtilesFile cannot be read: ${reason}.`)
    }
  } else if (tiles !== undefined) {
    addRaster(map, { tiles: [tiles], maxzoom: maxTileZoom })
    watchTiles(map, session, `Not all tiles can be had from ${new URL(tiles).host}.`)
  }
}

function addRaster(
  map: MapLibreMap,
  source: { tiles: string[]; maxzoom: number } | { url: string },
): void {
  map.addSource('tiles', { type: 'raster', tileSize: 256, ...source })
  map.addLayer({ id: 'tiles', type: 'raster', source: 'tiles' }, 'road-edges')
}

/** One file with all tiles, read piece by piece. */
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

/** Tells the session of tiles that do not come, and asks for them again until they do. */
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
