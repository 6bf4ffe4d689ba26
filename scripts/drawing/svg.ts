/** Pieces of SVG as text, one element a line. All lengths are in CSS pixels. */

export type Point = { readonly x: number; readonly y: number }
export type Rect = Point & { readonly width: number; readonly height: number }

type Attributes = Readonly<Record<string, string | number | undefined>>

export function element(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join('')
  return content === undefined ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`
}

/** A line of text; `kind` is its class in the style sheet. */
export function text({ x, y }: Point, kind: string, words: string): string {
  return element('text', { class: kind, x, y }, escaped(words))
}

export function rect({ x, y, width, height }: Rect, kind: string, radius: number): string {
  return element('rect', { class: kind, x, y, width, height, rx: radius })
}

export function path(d: string, kind: string, attributes: Attributes = {}): string {
  return element('path', { class: kind, d, ...attributes })
}

export function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

export const right = ({ x, width }: Rect): number => x + width
export const bottom = ({ y, height }: Rect): number => y + height
export const centre = ({ x, y, width, height }: Rect): Point => ({
  x: Math.round(x + width / 2),
  y: Math.round(y + height / 2),
})
