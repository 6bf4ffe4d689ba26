/** Attributes by name. `true` sets one without a value; `false` and undefined omit it. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
export type Child = Node | string

/**
 * Creates an element. Strings become text nodes: text that vehicles report is never parsed as HTML, and
 * nothing in the page assigns `innerHTML`.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes?: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  setAttributes(element, attributes ?? {})
  element.append(...children)
  return element
}

/** Creates an SVG element. */
export function svg(
  tag: string,
  attributes: Attributes,
  ...children: readonly Child[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  setAttributes(element, attributes)
  element.append(...children)
  return element
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    element.setAttribute(name, value === true ? '' : String(value))
  }
}

/** Returns an element of `index.html`. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} ${id}`)
  return element
}

/** Sets a text only if it differs, so that screen readers do not read unchanged text again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

export function button(
  label: string,
  attributes: Attributes,
  onClick: () => void,
): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, label)
  element.addEventListener('click', onClick)
  return element
}
