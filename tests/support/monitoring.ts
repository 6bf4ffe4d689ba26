import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root } from '../../scripts/platform/paths.ts'

/** Reads the files of `infra/monitoring` for Prometheus and Grafana. */

export const monitoringFolder = join(root, 'infra', 'monitoring')

const read = (file: string): string => readFileSync(join(monitoringFolder, file), 'utf8')

export type Alert = {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export function readAlerts(): Alert[] {
  const { groups } = parse(read('alerts.yml')) as { groups: { rules: Alert[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

type DataSource = { readonly type: string; readonly uid: string }
type Target = { readonly refId: string; readonly datasource: DataSource; readonly expr: string }
type Place = { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
type Panel = {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: DataSource
  readonly gridPos: Place
  readonly targets?: readonly Target[]
}
type Dashboard = {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly { name: string; type: string; query: string }[] }
  readonly panels: readonly Panel[]
}

export function readDashboard(): Dashboard {
  return JSON.parse(read('grafana-dashboard.json')) as Dashboard
}

/** The queries of a dashboard with the titles of their panels. */
export function queriesOf({
  panels,
}: Dashboard): { readonly panel: string; readonly expr: string }[] {
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, expr })),
  )
}

export type ScrapeConfig = {
  readonly job_name: string
  readonly static_configs?: readonly { readonly targets: readonly string[] }[]
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[]
}

export function readScrapeConfigs(file: string): ScrapeConfig[] {
  const config = parse(read(file)) as { scrape_configs: ScrapeConfig[] }
  return config.scrape_configs
}

/**
 * The committed Prometheus configuration with other targets and another scrape interval.
 *
 * @param targets replacement by committed target
 * @param seconds scrape interval, instead of 15 s
 */
export function scrapeConfigFor(
  targets: Readonly<Record<string, string>>,
  seconds: number,
): string {
  return Object.entries({ ...targets, '15s': `${seconds}s` }).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`prometheus.yml does not contain ${from}`)
    return text.replaceAll(from, to)
  }, read('prometheus.yml'))
}

const operators = new Set(['and', 'or', 'unless', 'offset', 'bool'])

/** The names of the metrics in a PromQL expression. */
export function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/"(?:\\.|[^"\\])*"/g, '')
    .replace(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
  // A name before a bracket is a function. A name that starts with a digit is a number.
  const names = bare.match(/(?<![\w.])[a-zA-Z_:][\w:]*(?![\w:]|\s*\()/g) ?? []
  return names.filter((name) => !operators.has(name))
}
