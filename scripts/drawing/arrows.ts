import type { Group } from './layout.ts'
import { rowGap } from './layout.ts'
import type { RoleLink } from './links.ts'
import type { Point, Rect } from './svg.ts'
import { bottom, centre, path, right, text } from './svg.ts'

/** Distance of an arrow's ends from the corners of what it leads to. */
const inset = 28
/** An arrow stops short of what it leads to by the room of its head. */
const head = 3

/** An arrow from one group to another; within a group, between neighbours. */
export function drawLink(link: RoleLink, groups: readonly Group[]): string[] {
  const from = groups.find(({ role }) => role === link.from)
  const to = groups.find(({ role }) => role === link.to)
  if (!from || !to) return []
  if (from === to) return drawAmong(from, link)
  const isLevel = from.field.y < bottom(to.field) && to.field.y < bottom(from.field)
  return (isLevel ? drawLevel : drawUpright)(link, from.field, to.field)
}

/** Straight through its own row, and in the gap before the target's aside as far as it must. */
function drawUpright(link: RoleLink, from: Rect, to: Rect): string[] {
  const { x } = centre(from)
  const down = to.y > from.y ? 1 : -1
  const [begin, end] = down > 0 ? [bottom(from), to.y] : [from.y, bottom(to)]
  const tip = { x: Math.min(Math.max(x, to.x + inset), right(to) - inset), y: end - down * head }
  const bend = end - down * rowGap
  const middle = end - (down * rowGap) / 2
  const aside = `C${x} ${middle} ${tip.x} ${middle} ${tip.x} ${tip.y}`
  const isLeft = tip.x > x
  const label = { x: isLeft ? x - 9 : x + 9, y: bend + (down > 0 ? 24 : -16) }
  return [
    arrow(link, `M${x} ${begin}V${bend}${tip.x === x ? `V${tip.y}` : aside}`),
    text(label, isLeft ? 'words before' : 'words', link.words),
  ]
}

function drawLevel(link: RoleLink, from: Rect, to: Rect): string[] {
  const { y } = centre(from)
  const [begin, end] = to.x > from.x ? [right(from), to.x - head] : [from.x, right(to) + head]
  const label = { x: Math.round((begin + end) / 2), y: y - 8 }
  return [arrow(link, `M${begin} ${y}H${end}`), text(label, 'words middle', link.words)]
}

function drawAmong({ placed, field }: Group, link: RoleLink): string[] {
  const arrows = placed.slice(1).flatMap(({ box }, index) => {
    const before = placed[index]?.box
    if (before?.y !== box.y) return []
    return [arrow(link, `M${right(before) + head} ${centre(box).y}H${box.x - head}`, true)]
  })
  const label: Point = { x: centre(field).x, y: field.y + 17 }
  return [...arrows, text(label, 'words middle', link.words)]
}

function arrow({ from, to, isPath }: RoleLink, d: string, isBoth = false): string {
  const marker = `url(#${isPath ? 'path-head' : 'head'})`
  return path(d, isPath ? 'arrow path' : 'arrow', {
    'data-from': from,
    'data-to': to,
    'marker-end': marker,
    ...(isBoth && { 'marker-start': marker }),
  })
}
