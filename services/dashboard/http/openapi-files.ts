import type { Json } from '../../adapters/http/openapi.ts'
import {
  header,
  problemResponse as problem,
  refusalsOfForeignPages,
  retryLater,
  tokenRefused,
} from '../../adapters/http/openapi.ts'

/** The paths of files in the dashboard's OpenAPI document: page, map tiles and roads. */

const etag = header('The version of the file.')
const inMemoryHeaders: Json = {
  ETag: etag,
  Vary: header('The response depends on this header.', { schema: { const: 'accept-encoding' } }),
}
const compressed: Json = {
  'Content-Encoding': header('Large files are compressed if the client accepts it.', {
    required: false,
    schema: { const: 'gzip' },
  }),
}
const pageHeaders: Json = {
  ...inMemoryHeaders,
  'Content-Security-Policy': header('What the page may load.'),
}
const unchanged = (headers: Json): Json => ({
  description: 'The client has this version (If-None-Match).',
  headers,
})
const tokenRequired = tokenRefused('The token or the session cookie is missing or wrong.')

const getPage: Json = {
  summary: 'The page. Its scripts, styles and fonts are beside it',
  security: [],
  responses: {
    200: {
      description: 'OK.',
      headers: { ...pageHeaders, ...compressed },
      content: { 'text/html': { schema: { type: 'string' } } },
    },
    304: unchanged(pageHeaders),
    ...refusalsOfForeignPages('get'),
  },
}

const getRoads: Json = {
  summary: 'The roads of the simulated fleet as GeoJSON',
  responses: {
    200: {
      description: 'OK. Without a simulated fleet there are no features.',
      headers: { ...inMemoryHeaders, ...compressed },
      content: {
        'application/geo+json': {
          schema: { $ref: '#/components/schemas/FeatureCollection' },
          example: { type: 'FeatureCollection', features: [] },
        },
      },
    },
    304: unchanged(inMemoryHeaders),
    401: tokenRequired,
    ...refusalsOfForeignPages('get'),
  },
}

const tileHeaders: Json = {
  ETag: etag,
  'Accept-Ranges': header('Byte ranges can be requested.', { schema: { const: 'bytes' } }),
}
const contentRange = header('The bytes that are sent, and the size of the file.')
const bytes: Json = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }

const getTiles: Json = {
  summary: 'The map tiles, if dashboard.pmtilesFile is set',
  parameters: [
    {
      name: 'Range',
      in: 'header',
      description: 'The bytes to send. A header that is not one range of bytes is ignored.',
      schema: { type: 'string' },
      example: 'bytes=0-16383',
    },
  ],
  responses: {
    200: { description: 'The whole file.', headers: tileHeaders, content: bytes },
    206: {
      description: 'The range that the header Range requests.',
      headers: { ...tileHeaders, 'Content-Range': contentRange },
      content: bytes,
    },
    304: unchanged(tileHeaders),
    401: tokenRequired,
    404: problem('There is no file with map tiles.'),
    416: {
      description: 'The range begins after the end of the file.',
      headers: { ...tileHeaders, 'Content-Range': contentRange },
    },
    ...refusalsOfForeignPages('get'),
    503: retryLater('The memory for responses is full.'),
  },
}

export const filePaths: Json = {
  '/api/roads': { get: getRoads },
  '/map.pmtiles': { get: getTiles },
  '/': { get: getPage },
}
