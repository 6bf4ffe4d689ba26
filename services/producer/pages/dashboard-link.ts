import { hostNameOf, loopbackNames } from '../../adapters/http/host-name.ts'

/** The port of the dashboard on the machine that the ingress is on. */
export type DashboardAddress = {
  readonly port: number
  /** Whether other machines reach it. */
  readonly isPublic: boolean
}

/**
 * Where a browser finds the dashboard, by the name that it knows the machine by; undefined where it
 * could not reach it.
 *
 * @param host the request's header `Host`
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
