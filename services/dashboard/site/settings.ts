import type { Settings, SignInSettings } from '../api/settings.ts'
import { loopbackNames } from '../../adapters/http/host-name.ts'
import { machineAddresses } from '../../runtime/process/network/machine-addresses.ts'
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
    eventsUrl: ingress.eventsUrl ?? eventsUrl(config, hostname),
    ingress: ingressFor(config, hostname),
  }
}

/** Programs on the machine of the ingress may use it without TLS, unless it runs in a container. */
function eventsUrl({ ingress, isInContainer }: DashboardConfig, hostname: string): string {
  const { port, path, isTls } = ingress
  const scheme = isTls && (isInContainer || hostname !== 'localhost') ? 'https' : 'http'
  return `${scheme}://${hostname}:${port}${path}`
}

function ingressFor(config: DashboardConfig, hostname: string): Settings['ingress'] {
  const { hostNames, eventsUrl, needsToken } = config.ingress
  const published = hostNames.map((name) => `https://${name}`)
  const origins = [...new Set([...published, ...listeningOrigins(config, hostname)])]
  const isLoopback = published.length === 0 && eventsUrl !== undefined && isOnLoopback(eventsUrl)
  return { origins, isLoopback, needsToken }
}

/** The origins at which the ingress listens; none if the addresses of the machine are not known. */
function listeningOrigins({ ingress, isInContainer }: DashboardConfig, hostname: string): string[] {
  const { eventsUrl, port, isTls } = ingress
  if (eventsUrl !== undefined) return [new URL(eventsUrl).origin]
  const reached = loopbackNames.includes(hostname) ? [] : [hostname]
  const hosts = [...reached, ...(isInContainer ? [] : machineAddresses())]
  return hosts.map((host) => `${isTls ? 'https' : 'http'}://${host}:${port}`)
}

const isOnLoopback = (url: string): boolean => loopbackNames.includes(new URL(url).hostname)
