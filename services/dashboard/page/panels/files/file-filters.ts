import { fileStates } from '../../../../ledger/tasks/task.ts'
import type { Files } from '../../../api/files.ts'
import { countsByState } from '../../state/file-texts.ts'
import { formatCount } from '../../state/format.ts'
import type { Session } from '../../state/session.ts'
import { h, setText } from '../dom.ts'

/** The filter of the files by pipeline and state. It is a part of the view; tasks have the same pipeline. */
export class FileFilters {
  readonly element = h('div', { class: 'task-filters' })
  readonly #session: Session
  readonly #select = h('select', { 'aria-label': 'Pipeline of the files' })
  #shownNames = ''
  readonly #counts = new Map(
    fileStates.map((state) => [state, h('span', { class: 'filter-count' }, '–')]),
  )
  readonly #chips = new Map<string, HTMLButtonElement>()

  constructor(session: Session) {
    this.#session = session
    this.#select.addEventListener('change', () => {
      session.updateView({ pipeline: this.#select.value || undefined })
    })
    const group = h('div', {
      ...{ class: 'task-states', role: 'group', 'aria-label': 'Filter files by state' },
    })
    this.element.append(this.#select, group)
    for (const [state, count] of this.#counts) {
      const chip = h('button', { type: 'button', class: 'button task-chip' })
      chip.append(h('span', {}, state), count)
      chip.addEventListener('click', () => {
        const isChosen = session.view.fileState === state
        session.updateView({ fileState: isChosen ? undefined : state })
      })
      this.#chips.set(state, chip)
      group.append(chip)
    }
    session.on('view', () => {
      this.#showChosen()
    })
    this.#showChosen()
  }

  show({ counts, inboxes }: Files): void {
    const { pipeline } = this.#session.view
    const named = [...counts, ...inboxes].flatMap((each) => each.pipeline ?? [])
    const names = [...new Set([...named, ...(pipeline ? [pipeline] : [])])].sort()
    // Replacing the options would close an open menu.
    if (JSON.stringify(names) !== this.#shownNames) {
      this.#shownNames = JSON.stringify(names)
      const options = names.map((name) => h('option', { value: name }, name))
      this.#select.replaceChildren(h('option', { value: '' }, 'All pipelines'), ...options)
    }
    const byState = countsByState(counts, pipeline)
    for (const [state, count] of this.#counts) {
      setText(count, formatCount(byState.get(state) ?? 0))
    }
    this.#showChosen()
  }

  #showChosen(): void {
    const { fileState, pipeline = '' } = this.#session.view
    if (this.#select.value !== pipeline) this.#select.value = pipeline
    for (const [state, chip] of this.#chips) {
      chip.setAttribute('aria-pressed', String(state === fileState))
    }
  }
}
