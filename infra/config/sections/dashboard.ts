import { z } from 'zod'
import { port } from './schema-kinds.ts'
import { trips } from './trips.ts'

const expectedTilesUrl = 'expected an http or https URL with {z}, {x} and {y} in its path'
/** An origin, which the Content-Security-Policy of the page names, then a path with the placeholders. */
const tilesUrl = /^https?:\/\/[^/?#{}@]+\/(?=.*\{z\})(?=.*\{x\})(?=.*\{y\})/

/** The section `dashboard` of the configuration. */
export const dashboard = z.strictObject({
  instances: z.int().min(0).max(1).default(1).describe('Number of dashboards. 0: no dashboard.'),
  hostPort: port(5002, 'Port of the dashboard.'),
  opsHostPort: port(5501, "Port of the dashboard's health and metrics on loopback."),
  public: z
    .boolean()
    .default(false)
    .describe('true: other machines can reach the dashboard. false: only this machine.'),
  tokenFile: z
    .string()
    .default('')
    .describe(
      'File with the bearer token that readers of the dashboard must send, relative to the clone: one line of visible ASCII characters without spaces. Empty: no token is required.',
    ),
  secureCookie: z
    .boolean()
    .default(false)
    .describe(
      'true: browsers send the cookie of a session only over TLS. For a dashboard behind a reverse proxy with TLS; without TLS the sign-in fails. false: also without TLS.',
    ),
  staleAfterSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(15)
    .describe('A vehicle is shown as stale when its last reading is older than this many seconds.'),
  silentAfterSeconds: z
    .int()
    .min(1)
    .max(2_592_000)
    .default(300)
    .describe(
      'A vehicle is shown as silent when its last reading is older than this many seconds.',
    ),
  maxVehicles: z
    .int()
    .min(1)
    .max(200_000)
    .default(20_000)
    .describe(
      'Maximum number of vehicles on the live map. Above it, those with the oldest last reading are left out.',
    ),
  maxStreamsPerClient: z
    .int()
    .min(1)
    .max(500)
    .default(32)
    .describe(
      'Maximum number of open pages (event streams) of one client: an IPv4 address or a /64 of IPv6. Further ones get 429. All users behind one proxy or router share an address: raise it for more than 32 of them. At most 500 streams are open in all.',
    ),
  tilesUrl: z
    .union(
      [z.literal(''), z.url(expectedTilesUrl).regex(tilesUrl, expectedTilesUrl)],
      expectedTilesUrl,
    )
    .default('')
    .describe(
      'URL of map tiles with {z}, {x} and {y}. Empty: only outlines and simulated roads, which need no internet.',
    ),
  pmtilesFile: z
    .string()
    .default('')
    .describe(
      'File with map tiles (.pmtiles), relative to the clone. It has priority over dashboard.tilesUrl. Empty: no file.',
    ),
  tilesAttribution: z
    .string()
    .default('')
    .describe(
      'Attribution that the map shows for its tiles, e.g. © OpenStreetMap contributors. Empty: none.',
    ),
  trips: trips.prefault({}).describe('What is a trip and what is a stop.'),
})
