import { hostNameOf, loopbackNames } from '../../adapters/http/host-name.ts'

/** Where the dashboard listens. It runs on the same machine as the ingress. */
export type DashboardAddress = {
  readonly port: number
  /** Whether other machines can reach it. */
  readonly isPublic: boolean
}

/**
 * The URL of the dashboard for a browser, with the host name that the browser used for this
 * request. Undefined if there is no dashboard or the browser cannot reach it.
 *
 * @param host the `Host` header of the request
 */
export function dashboardLink(
  dashboard: DashboardAddress | undefined,
  host: string | undefined,
): string | undefined {
  const name = hostNameOf(host)
  if (dashboard === undefined || name === undefined) return undefined
  if (!dashboard.isPublic && !loopbackNames.includes(name)) return undefined
  return `http://${name}:${dashboard.port}/`
}
