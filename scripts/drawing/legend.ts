import { cylinder, key } from './icons.ts'
import type { Point } from './svg.ts'
import { path, rect, text } from './svg.ts'

/** What the signs mean, in rows below the network. */

type Sign = { readonly draw: (at: Point) => string[]; readonly words: string }

const iconRoom = 38
const rowHeight = 24
const perRow = 4

const arrow =
  (kind: string, head: string): Sign['draw'] =>
  ({ x, y }) => [path(`M${x} ${y}h25`, kind, { 'marker-end': `url(#${head})` })]

const pill =
  (kind: string): Sign['draw'] =>
  ({ x, y }) => [rect({ x, y: y - 8, width: 28, height: 16 }, kind, 8)]

const signs: readonly Sign[] = [
  { draw: arrow('arrow path', 'path-head'), words: 'connects to, with readings' },
  { draw: arrow('arrow', 'head'), words: 'connects to, for the rest' },
  { draw: pill('everywhere'), words: 'port for other machines too' },
  { draw: pill('loopback'), words: 'port for this machine alone' },
  {
    draw: ({ x, y }) => [rect({ x, y: y - 8, width: 28, height: 16 }, 'box once', 3)],
    words: 'runs once, and ends',
  },
  { draw: ({ x, y }) => [cylinder({ x: x + 7, y: y - 8 }, 'volume')], words: 'volume of its own' },
  { draw: ({ x, y }) => [key({ x: x + 7, y: y - 4 })], words: 'secrets it sees, no others' },
  {
    draw: ({ x, y }) => [text({ x: x + 4, y: y + 4 }, 'note code', 'ops')],
    words: 'health and metrics',
  },
]

export const legendHeight = Math.ceil(signs.length / perRow) * rowHeight

export function drawLegend({ x, y }: Point, width: number): string[] {
  const columnWidth = Math.floor(width / perRow)
  return signs.flatMap(({ draw, words }, index) => {
    const at = {
      x: x + (index % perRow) * columnWidth,
      y: y + Math.floor(index / perRow) * rowHeight + 8,
    }
    return [...draw(at), text({ x: at.x + iconRoom, y: at.y + 4 }, 'note', words)]
  })
}
