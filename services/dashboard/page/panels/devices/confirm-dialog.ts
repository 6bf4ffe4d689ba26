import { button, h } from '../dom.ts'

export type Question = { readonly title: string; readonly text: string; readonly action: string }

/** Asks before a change. True if the user confirms. The browser gives the focus back to the button before it. */
export function confirmChange({ title, text, action }: Question): Promise<boolean> {
  const dialog = h('dialog', { class: 'card device-dialog', 'aria-labelledby': 'confirm-title' })
  return new Promise((resolve) => {
    const close = (isConfirmed: boolean) => () => {
      dialog.close(isConfirmed ? 'confirmed' : '')
    }
    dialog.append(
      h('h2', { id: 'confirm-title' }, title),
      h('p', {}, text),
      h(
        'p',
        { class: 'device-actions' },
        button('Cancel', { class: 'button' }, close(false)),
        button(action, { class: 'button' }, close(true)),
      ),
    )
    // The shortcuts of the page would take Escape, and would act behind the question.
    dialog.addEventListener('keydown', (event) => {
      event.stopPropagation()
    })
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'confirmed')
    })
    document.body.append(dialog)
    dialog.showModal()
  })
}
