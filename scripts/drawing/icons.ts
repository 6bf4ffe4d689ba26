import type { Point } from './svg.ts'
import { element, escaped, path } from './svg.ts'

/** A volume, 14 by 16; `about` is what a pointer over it is told. */
export function cylinder({ x, y }: Point, about: string): string {
  const outline = `M${x} ${y + 3}v10c0 4 14 4 14 0v-10`
  const lid = `M${x} ${y + 3}c0 -4 14 -4 14 0c0 4 -14 4 -14 0z`
  const title = element('title', {}, escaped(about))
  return element('g', { class: 'volume' }, `${title}${path(outline, 'icon')}${path(lid, 'icon')}`)
}

/** A key, 14 by 8. */
export function key({ x, y }: Point): string {
  const bow = element('circle', { class: 'icon', cx: x + 4, cy: y + 4, r: 3 })
  return `${bow}${path(`M${x + 7} ${y + 4}h7v3m-3 -3v2`, 'icon')}`
}
