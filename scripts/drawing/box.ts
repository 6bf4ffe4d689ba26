import { inText } from '../../infra/address.ts'
import type { DrawnContainer, DrawnPort } from './drawn-container.ts'
import { cylinder, key } from './icons.ts'
import type { Point, Rect } from './svg.ts'
import { element, escaped, rect, right, text } from './svg.ts'

/** The box of a container: its name, its image, and a line for each thing more that there is to say. */

export const boxWidth = 160
const padding = 12
const radius = 6
const firstLine = 22
const lineHeight = 20
/** Width of a character of the small fixed font: the widest that is usual has 0.602 em. */
const characterWidth = 6.63
const shownCharacters = 20

type Line = (at: Point) => string

export function boxHeight(container: DrawnContainer): number {
  return firstLine + linesOf(container).length * lineHeight + padding
}

export function drawBox(container: DrawnContainer, box: Rect): string[] {
  const { name, dataFolder, isOnce, isBuilt, role } = container
  const [x, y] = [box.x + padding, box.y + firstLine]
  const bar = { x: box.x, y: box.y + 8, width: 3, height: box.height - 16 }
  return [
    ...(role === 'fleet' ? drawOthersBehind(box) : []),
    rect(box, isOnce ? 'box once' : 'box', radius),
    rect(bar, isBuilt ? 'built' : 'official', 1),
    text({ x, y }, 'name', shortened(name)),
    ...(dataFolder === undefined ? [] : [cylinder({ x: right(box) - 26, y: y - 12 }, dataFolder)]),
    ...linesOf(container).map((line, index) => line({ x, y: y + (index + 1) * lineHeight })),
  ]
}

function drawOthersBehind(box: Rect): string[] {
  return [8, 4].map((shift) => rect({ ...box, x: box.x + shift, y: box.y - shift }, 'box', radius))
}

function linesOf(container: DrawnContainer): Line[] {
  const { heapMegabytes, ports, secrets, role } = container
  return [
    imageLine(container),
    ...(role === 'fleet' ? [note('a container each')] : []),
    ...(heapMegabytes === undefined ? [] : [note(`Java heap ${heapMegabytes} MB`)]),
    ...ports.map(portLine),
    ...(role === 'secrets' ? [keyLine('note', 'writes them')] : inLines(secrets).map(secretsLine)),
  ]
}

function note(words: string): Line {
  return (at) => text(at, 'note', words)
}

function imageLine({ image, isBuilt }: DrawnContainer): Line {
  const [before, length] = isBuilt ? ['built on ', shownCharacters - 8] : ['', shownCharacters]
  const code = element('tspan', { class: 'code' }, escaped(shortened(image, length)))
  return ({ x, y }) => element('text', { class: 'note', x, y }, `${before}${code}`)
}

function portLine({ ip, external, isOps }: DrawnPort): Line {
  return ({ x, y }) => {
    const shown = shortened(inText({ host: ip, port: external }), shownCharacters - 2)
    const width = Math.round(shown.length * characterWidth) + 12
    const kind = isLoopback(ip) ? 'loopback' : 'everywhere'
    const pill = rect({ x, y: y - 13, width, height: 18 }, kind, 9)
    const ops = isOps ? text({ x: x + width + 5, y }, 'note code', 'ops') : ''
    return `${pill}${text({ x: x + 6, y }, `port ${kind}`, shown)}${ops}`
  }
}

function secretsLine(secrets: string, index: number): Line {
  return index === 0
    ? keyLine('code', secrets)
    : ({ x, y }) => text({ x: x + 20, y }, 'code', secrets)
}

function keyLine(kind: string, words: string): Line {
  return ({ x, y }) => `${key({ x, y: y - 9 })}${text({ x: x + 20, y }, kind, words)}`
}

/** As many names in a line as go beside the key. */
function inLines(names: readonly string[]): string[] {
  return names.reduce<string[]>((lines, name) => {
    const longer = [...lines.slice(-1), name].join(' ')
    return longer.length <= shownCharacters - 3 ? [...lines.slice(0, -1), longer] : [...lines, name]
  }, [])
}

export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1'
}

/** The end of a long text, which tells more of an image than its beginning. */
function shortened(shown: string, length = shownCharacters): string {
  return shown.length <= length ? shown : `…${shown.slice(1 - length)}`
}
