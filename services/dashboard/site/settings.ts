import type { Settings } from '../api/settings.ts'
import type { DashboardConfig } from '../config.ts'

/**
 * What the page must know before it asks for anything else.
 *
 * @param hostname by which the browser has reached the dashboard: the ingress is on the same machine
 */
export function settingsFor(config: DashboardConfig, hostname: string): Settings {
  const { map, origin, ingress, staleAfterSeconds, silentAfterSeconds, token } = config
  return {
    map: {
      ...(map.tilesUrl !== undefined && { tiles: map.tilesUrl }),
      ...(map.pmtilesFile !== undefined && { pmtiles: '/map.pmtiles' }),
      ...(map.attribution !== undefined && { attribution: map.attribution }),
    },
    origin: { latitude: origin.latitude, longitude: origin.longitude },
    staleAfterSeconds,
    silentAfterSeconds,
    needsToken: token !== undefined,
    eventsUrl: ingress.eventsUrl ?? `http://${hostname}:${ingress.port}${ingress.path}`,
  }
}
