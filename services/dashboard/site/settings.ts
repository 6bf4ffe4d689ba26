import type { Settings } from '../api/settings.ts'
import type { DashboardConfig } from '../config.ts'

/**
 * The settings that the page loads first.
 *
 * @param hostname of the browser's request; the ingress is on the same machine
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
