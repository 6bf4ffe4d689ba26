import type { PlatformConfig } from '../../infra/config/config.ts'
import type { DiagramContainer, DiagramPort, DiagramRole } from './diagram-container.ts'
import { diagramContainers, dockerPlans } from './diagram-container.ts'
import type { GeneratedPart } from './generated-part.ts'
import type { RoleLink } from './links.ts'
import { roleLinksOf } from './links.ts'

/** Where the documents show the diagram. */
export const diagramPart: GeneratedPart = {
  file: 'docs/docker.md',
  name: 'containers',
  command: 'draw',
}

/**
 * The containers of a configuration on Docker as a Mermaid flowchart: names, published ports, volumes,
 * and which role connects to which. Thick arrows are the path of a reading. One node is one role.
 *
 * @returns a Markdown code block
 */
export function containersDiagram(config: PlatformConfig): string {
  const containers = diagramContainers(config)
  const roles = [...new Set(containers.map(({ role }) => role))]
  const nodes = roles.map((role) => nodeOf(containers.filter((each) => each.role === role)))
  const lines = [
    '```mermaid',
    'flowchart LR',
    `  subgraph network ["bridge network ${config.network.name}"]`,
    ...nodes.map((node) => `    ${node}`),
    '  end',
    ...roleLinksOf(dockerPlans(config))
      .filter(({ to }) => roles.includes(to))
      .map((link) => `  ${arrowOf(link)}`),
    '```',
  ]
  return `${lines.join('\n')}\n`
}

/** A cylinder for a role with a volume, a rounded box for one that runs once, else a plain box. */
function nodeOf(containers: readonly DiagramContainer[]): string {
  const [first] = containers
  if (first === undefined) throw new Error('a role without containers')
  const [open, close] = shapeOf(first)
  const names = containers.map(({ name }) => name).join(', ')
  const ports = containers.flatMap((container) => container.ports.map(portText))
  return `${idOf(first.role)}${open}"${[names, ...ports].join('<br/>')}"${close}`
}

function shapeOf({ dataFolder, isOnce }: DiagramContainer): [string, string] {
  if (dataFolder !== undefined) return ['[(', ')]']
  return isOnce ? ['([', '])'] : ['[', ']']
}

function portText({ ip, external, isOps }: DiagramPort): string {
  return `${ip}:${external}${isOps ? ' (metrics)' : ''}`
}

function arrowOf({ from, to, purpose, carriesReadings }: RoleLink): string {
  const arrow = carriesReadings ? '==>' : '-->'
  return `${idOf(from)} ${arrow}|${purpose}| ${idOf(to)}`
}

/** `end` and other keywords of Mermaid are no role names; the prefix keeps it so. */
function idOf(role: DiagramRole): string {
  return `role-${role}`
}
