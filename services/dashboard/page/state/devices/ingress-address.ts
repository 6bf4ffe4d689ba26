import type { Settings } from '../../../api/settings.ts'

/** Which address phones use to reach the ingress. */

/**
 * The origin of an address that a user has typed: `http://192.0.2.7:5001`. Undefined if it is none.
 * Without a scheme it is http.
 */
export function parseOrigin(text: string): string | undefined {
  const typed = text.trim()
  const full = /^https?:\/\//i.test(typed) ? typed : `http://${typed}`
  // A name with a user or password would be left out silently.
  if (typed === '' || /[\s@\\]/.test(typed) || !URL.canParse(full)) return undefined
  const { origin, pathname, search, hash } = new URL(full)
  return pathname === '/' && search === '' && hash === '' ? origin : undefined
}

/** Why a phone may not reach the ingress, and what to do; undefined if nothing is known to prevent it. */
export function reachNotice({ ingress }: Pick<Settings, 'ingress'>): string | undefined {
  if (ingress.isLoopback)
    return 'Only this machine reaches the ingress, because it listens on loopback (ingress.hostAddress). To let phones reach it, start the platform with `npm start -- --set ingress.hostAddress=0.0.0.0`.'
  if (ingress.origins.length === 0)
    return 'The dashboard does not know the address of this machine. Type it with the port, for example `http://192.168.1.20:5001`. The command `hostname -I` (Linux), `ipconfig getifaddr en0` (macOS) or `ipconfig` (Windows) prints it.'
  return undefined
}

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]']

/** Whether only programs on this machine reach the address. */
export function isLoopbackOrigin(origin: string): boolean {
  return loopbackHosts.includes(new URL(origin).hostname)
}
