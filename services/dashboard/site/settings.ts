import type { Settings, SignInSettings } from '../api/settings.ts'
import type { DashboardConfig } from '../config.ts'

/** What the page needs to ask for the token. The other settings can contain the key of a tile server. */
export function withoutToken({ needsToken }: Settings): SignInSettings {
  return { needsToken }
}

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
