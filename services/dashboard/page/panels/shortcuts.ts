import { byId, button, h } from './dom.ts'

export type Shortcut = {
  readonly key: string
  /** The name of the key as shown in the list; default: `key`. */
  readonly label?: string
  readonly description: string
  readonly run: () => void
}

/** Handles keyboard shortcuts, and lists them in a dialog. Keys typed into a field are ignored. */
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

/** Space activates the focused button or link. */
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
    h('h2', { id: 'shortcuts-title' }, 'Keyboard shortcuts'),
    h('dl', {}, ...rows),
    h(
      'p',
      { class: 'dim' },
      'In the list, the arrow keys select a vehicle. On the map, they move the map; + and − zoom.',
    ),
    close,
  )
  return dialog
}
