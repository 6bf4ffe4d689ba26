import { crc32, deflateSync, gzipSync } from 'node:zlib'
import { zxyToTileId } from 'pmtiles'
import { varint } from './vector-tiles.ts'

/** Builds the sources of small test maps: a vector tile archive, PNG tiles and a road. */

export type Tile = {
  readonly z: number
  readonly x: number
  readonly y: number
  readonly bytes: Uint8Array
}

const headerLength = 127

/** An archive of vector tiles (PMTiles 3), compressed with gzip like published archives. */
export function vectorArchive(tiles: readonly Tile[]): Buffer {
  const sorted = tiles
    .map(({ z, x, y, bytes }) => ({ z, id: zxyToTileId(z, x, y), bytes: gzipSync(bytes) }))
    .sort((a, b) => a.id - b.id)
  const root = gzipSync(directoryOf(sorted))
  const metadata = gzipSync('{}')
  const content = Buffer.concat(sorted.map(({ bytes }) => bytes))
  const header = Buffer.alloc(headerLength)
  header.write('PMTiles\u0003', 'latin1')
  const metadataAt = headerLength + root.length
  const contentAt = metadataAt + metadata.length
  const count = sorted.length
  const places = [
    ...[headerLength, root.length, metadataAt, metadata.length, contentAt, 0],
    ...[contentAt, content.length, count, count, count],
  ]
  for (const [index, value] of places.entries()) {
    header.writeBigUInt64LE(BigInt(value), 8 + index * 8)
  }
  const [gzip, vector] = [2, 1]
  const zooms = sorted.map(({ z }) => z)
  header.set([1, gzip, gzip, vector, Math.min(...zooms), Math.max(...zooms)], 96)
  for (const [index, degrees] of [-180, -85, 180, 85].entries()) {
    header.writeInt32LE(degrees * 1e7, 102 + index * 4)
  }
  return Buffer.concat([header, root, metadata, content])
}

/**
 * Deltas of the ids, then run lengths, lengths and offsets. Offset 0 means directly after the
 * previous tile.
 */
function directoryOf(tiles: readonly { readonly id: number; readonly bytes: Buffer }[]): Buffer {
  const numbers = [
    tiles.length,
    ...tiles.map(({ id }, index) => id - (tiles[index - 1]?.id ?? 0)),
    ...tiles.map(() => 1),
    ...tiles.map(({ bytes }) => bytes.length),
    ...tiles.map((_, index) => (index === 0 ? 1 : 0)),
  ]
  return Buffer.from(numbers.flatMap(varint))
}

/** A PNG of 256 by 256 pixels in one colour `#rrggbb`. */
export function solidColourPng(colour: string): Buffer {
  const size = 256
  const pixel = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
  const line = Buffer.from([0, ...Array.from({ length: size }, () => pixel).flat()])
  const head = Buffer.alloc(13)
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  head.set([8, 2], 8)
  return Buffer.concat([
    Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: size }, () => line)))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(kind: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind), content])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** A road through San Francisco from west to east, in the GeoJSON format that the fleet writes. */
export function aRoad(latitude: number): string {
  const coordinates = [
    [-122.5, latitude],
    [-122.3, latitude],
  ]
  const geometry = { type: 'LineString', coordinates }
  const feature = { type: 'Feature', properties: { kind: 'avenue' }, geometry }
  return JSON.stringify({ type: 'FeatureCollection', features: [feature] })
}
