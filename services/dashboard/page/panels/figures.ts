import { h, setText } from './dom.ts'

/**
 * Shows labels with their values in a list. Values are changed, not replaced. When the labels differ,
 * the list is made anew.
 */
export function showFigures(
  list: HTMLDListElement,
  figures: readonly (readonly [label: string, value: string])[],
): void {
  const labels = Array.from(list.querySelectorAll('dt'), ({ textContent }) => textContent)
  if (labels.join('\n') !== figures.map(([label]) => label).join('\n')) {
    const toElement = ([label]: readonly [string, string]): HTMLElement =>
      h('div', {}, h('dt', {}, label), h('dd', {}))
    list.replaceChildren(...figures.map(toElement))
  }
  const values = list.querySelectorAll('dd')
  for (const [index, [, value]] of figures.entries()) {
    const element = values[index]
    if (element) setText(element, value)
  }
}
