import { byId, button, h } from './dom.ts'

export type Shortcut = {
  readonly key: string
  /** How the key is written on a keyboard. */
  readonly label?: string
  readonly does: string
  readonly run: () => void
}

/** Listens to single keys, and lists them in a dialog. Keys that go into a field are the field's. */
export function startShortcuts(shortcuts: readonly Shortcut[]): void {
  const dialog = dialogOf(shortcuts)
  document.body.append(dialog)
  const open = (): void => {
    dialog.showModal()
  }
  byId('help', HTMLButtonElement).addEventListener('click', open)
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return
    if (event.key === 'Escape' && isField(event.target)) {
      event.target.blur()
      return
    }
    if (isField(event.target) || isBusy(event)) return
    const shortcut = shortcuts.find(({ key }) => key === event.key)
    if (event.key === '?') open()
    else if (!shortcut) return
    else shortcut.run()
    event.preventDefault()
  })
}

function isField(target: EventTarget | null): target is HTMLElement {
  if (target instanceof HTMLInputElement) return target.type !== 'range'
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
}

/** Space presses the button that has the focus, and the arrows move what has it. */
function isBusy({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (key === ' ') return target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement
  return false
}

function dialogOf(shortcuts: readonly Shortcut[]): HTMLDialogElement {
  const rows = [...shortcuts, { key: '?', does: 'Show this list' }].map(({ key, does, ...more }) => {
    const label = 'label' in more && more.label !== undefined ? more.label : key
    return h('div', {}, h('dt', {}, h('kbd', {}, label)), h('dd', {}, does))
  })
  const close = button('Close', { class: 'button' }, () => {
    dialog.close()
  })
  const dialog = h(
    'dialog',
    { class: 'card shortcuts', 'aria-labelledby': 'shortcuts-title' },
    h('h2', { id: 'shortcuts-title' }, 'Keyboard'),
    h('dl', {}, ...rows),
    h('p', { class: 'dim' }, 'In the list, arrow keys choose a vehicle. On the map, they move it; + and − zoom.'),
    close,
  )
  return dialog
}
