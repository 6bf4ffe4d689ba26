import type { PlatformConfig } from '../../infra/config.ts'
import { nameOf } from '../../infra/docker/names.ts'
import { publishedPorts } from '../../infra/docker/placement.ts'
import { drawLink } from './arrows.ts'
import { drawBox, isLoopback } from './box.ts'
import { dockerPlans, drawnContainers } from './drawn-container.ts'
import type { Group, Layout } from './layout.ts'
import { edgeOf, layoutOf } from './layout.ts'
import { drawLegend, legendHeight } from './legend.ts'
import { roleLinksOf } from './links.ts'
import { styleSheet } from './style.ts'
import type { Rect } from './svg.ts'
import { centre, element, escaped, path, rect, text } from './svg.ts'

/**
 * The containers of a configuration on Docker, as an SVG: who runs, what is published of it, what it
 * keeps, and who connects to whom. The same configuration gives the same text.
 */
export function containersPicture(config: PlatformConfig): string {
  const layout = layoutOf(drawnContainers(config))
  const links = roleLinksOf(dockerPlans(config))
  const edge = edgeOf(layout)
  const size = { width: edge.width, height: edge.height + legendHeight + 8 }
  const { frame, groups } = layout
  const lines = [
    element('title', {}, `Containers of the platform ${escaped(config.network.name)}`),
    '<style>',
    ...styleSheet.map((rule) => `  ${rule}`),
    '</style>',
    ...markers,
    rect({ x: 0, y: 0, ...size }, 'ground', 8),
    ...drawFrame(layout, config),
    ...groups
      .filter(({ placed }) => placed.length > 1)
      .map(({ field }) => rect(field, 'field', 10)),
    ...groups.flatMap(drawBoxes),
    ...links.flatMap((link) => drawLink(link, groups)),
    ...drawOutside(layout, config),
    ...drawLegend({ x: frame.x, y: edge.height }, frame.width),
  ]
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${size.width} ${size.height}`,
    ...size,
    role: 'img',
  }
  return `${element('svg', attributes, `\n${lines.map((line) => `  ${line}\n`).join('')}`)}\n`
}

const markers = ['head', 'path-head'].map((id) => {
  const size = id === 'head' ? 7 : 8
  const attributes = {
    id,
    viewBox: '0 0 8 8',
    refX: 5,
    refY: 4,
    markerWidth: size,
    markerHeight: size,
    markerUnits: 'userSpaceOnUse',
    orient: 'auto-start-reverse',
  }
  return element('marker', attributes, path('M0 0L8 4L0 8z', id))
})

function drawFrame({ frame }: Layout, config: PlatformConfig): string[] {
  const x = frame.x + 20
  const name = element('tspan', { class: 'name' }, escaped(config.network.name))
  return [
    rect(frame, 'frame', 12),
    element('text', { class: 'title', x, y: frame.y + 30 }, `bridge network ${name}`),
    text({ x, y: frame.y + 50 }, 'note', `in docker ps: ${nameOf(config, 'kafka-0')}, …`),
  ]
}

function drawBoxes({ placed }: Group): string[] {
  return placed.flatMap(({ container, box }) => drawBox(container, box))
}

/** Who comes through the port that is published on every network, if it is. */
function drawOutside({ groups, frame }: Layout, config: PlatformConfig): string[] {
  const ports = publishedPorts(config, { role: 'ingress', instance: 0 })
  const ingress = groups.find(({ role }) => role === 'ingress')
  if (!ingress || ports.every(({ ip }) => isLoopback(ip))) return []
  return drawVisitors(ingress.field, frame)
}

function drawVisitors(ingress: Rect, frame: Rect): string[] {
  const { y } = centre(ingress)
  const x = Math.round(frame.x / 2)
  return [
    path(`M16 ${y}H${ingress.x - 3}`, 'arrow path', { 'marker-end': 'url(#path-head)' }),
    ...['vehicles', 'elsewhere,', 'browsers'].map((words, index) =>
      text({ x, y: y - 42 + index * 15 }, 'words middle', words),
    ),
  ]
}
