/** Pieces of SVG as text, one element a line. All lengths are in CSS pixels. */

type Point = { readonly x: number; readonly y: number }
type Rect = Point & { readonly width: number; readonly height: number }

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

function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
