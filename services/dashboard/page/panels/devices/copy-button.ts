import { button, setText } from '../dom.ts'

/** How long the button shows whether the text was copied. */
const shownMs = 2_000

/**
 * A button that copies a text. Browsers let only pages over HTTPS or of this machine copy: elsewhere the text is
 * selected, and the user copies it.
 *
 * @param element shows the text
 * @param name of the text, for screen readers
 */
export function copyButton(element: HTMLElement, name: string): HTMLButtonElement {
  const copy = button('Copy', { class: 'button', 'aria-label': `Copy ${name}` }, () => {
    void write(element).then((outcome) => {
      show(outcome, `${outcome}: ${name}`)
      setTimeout(() => {
        show('Copy', `Copy ${name}`)
      }, shownMs)
    })
  })
  const show = (text: string, label: string): void => {
    setText(copy, text)
    copy.setAttribute('aria-label', label)
  }
  return copy
}

async function write(element: HTMLElement): Promise<'Copied' | 'Selected'> {
  try {
    const clipboard = navigator.clipboard as Clipboard | undefined
    if (clipboard === undefined) throw new Error('this page may not copy')
    await clipboard.writeText(element.textContent)
    return 'Copied'
  } catch {
    getSelection()?.selectAllChildren(element)
    return 'Selected'
  }
}
