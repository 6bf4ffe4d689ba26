import { byId, button, h } from './dom.ts'

export type Shortcut = {
  readonly key: string
  /** How the key is written on a keyboard. */
  readonly label?: string
  readonly description: string
  readonly run: () => void
}

/** Listens to single keys, and lists them in a dialog. Keys that go into a field are the field's. */
export function startShortcuts(shortcuts: readonly Shortcut[]): void {
  const open = (): void => {
    dialog.showModal()
  }
  const help = { key: '?', description: 'Show this list', run: open }
  const dialog = createDialog([...shortcuts, help])
  document.body.append(dialog)
  byId('help', HTMLButtonElement).addEventListener('click', open)
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return
    if (isField(event.target)) {
      if (event.key === 'Escape') event.target.blur()
      return
    }
    if (activatesFocusedControl(event)) return
    const shortcut = [...shortcuts, help].find(({ key }) => key === event.key)
    if (!shortcut) return
    shortcut.run()
    event.preventDefault()
  })
}

function isField(target: EventTarget | null): target is HTMLElement {
  if (target instanceof HTMLInputElement) return target.type !== 'range'
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
}

/** Space presses the button that has the focus. */
function activatesFocusedControl({ key, target }: KeyboardEvent): boolean {
  return key === ' ' && target instanceof HTMLElement && target.matches('button, a')
}

function createDialog(shortcuts: readonly Shortcut[]): HTMLDialogElement {
  const rows = shortcuts.map(({ key, description, label = key }) =>
    h('div', {}, h('dt', {}, h('kbd', {}, label)), h('dd', {}, description)),
  )
  const close = button('Close', { class: 'button' }, () => {
    dialog.close()
  })
  const dialog = h(
    'dialog',
    { class: 'card shortcuts', 'aria-labelledby': 'shortcuts-title' },
    h('h2', { id: 'shortcuts-title' }, 'Keyboard'),
    h('dl', {}, ...rows),
    h(
      'p',
      { class: 'dim' },
      'In the list, arrow keys choose a vehicle. On the map, they move it; + and − zoom.',
    ),
    close,
  )
  return dialog
}
