import type { TaskState } from '../../../ledger/tasks/task.ts'
import { taskStates } from '../../../ledger/tasks/task.ts'
import type { TaskCount } from '../../api/tasks.ts'
import { formatCount } from '../state/format.ts'
import type { Session } from '../state/session.ts'
import { countsByState, pipelinesOf } from '../state/task-texts.ts'
import { h, setText } from './dom.ts'

/** The filter of the tasks by pipeline and state. The filter is a part of the view. */
export class TaskFilters {
  readonly element = h('div', { class: 'task-filters' })
  readonly #session: Session
  readonly #select = h('select', { 'aria-label': 'Pipeline of the tasks' })
  readonly #chips: readonly { readonly state: TaskState; readonly count: HTMLElement }[]
  #shownNames = ''

  constructor(session: Session) {
    this.#session = session
    this.#select.addEventListener('change', () => {
      const { value } = this.#select
      session.updateView({ pipeline: value === '' ? undefined : value })
    })
    const group = h('div', { class: 'task-states', role: 'group', 'aria-label': 'Filter by state' })
    this.#chips = taskStates.map((state) => {
      const count = h('span', { class: 'filter-count' }, '–')
      const chip = h('button', { type: 'button', class: 'button task-chip', 'data-state': state })
      chip.append(h('span', {}, state), count)
      chip.addEventListener('click', () => {
        const isChosen = session.view.taskState === state
        session.updateView({ taskState: isChosen ? undefined : state })
      })
      group.append(chip)
      return { state, count, chip }
    })
    this.element.append(this.#select, group)
    session.on('view', () => {
      this.#showChosen()
    })
    this.#showChosen()
  }

  get isFiltering(): boolean {
    const { pipeline, taskState } = this.#session.view
    return pipeline !== undefined || taskState !== undefined
  }

  show(counts: readonly TaskCount[]): void {
    const { pipeline } = this.#session.view
    const names = [...new Set([...pipelinesOf(counts), ...(pipeline ? [pipeline] : [])])].sort()
    // Replacing the options would close an open menu.
    if (JSON.stringify(names) !== this.#shownNames) {
      this.#shownNames = JSON.stringify(names)
      const options = names.map((name) => h('option', { value: name }, name))
      this.#select.replaceChildren(h('option', { value: '' }, 'All pipelines'), ...options)
    }
    const byState = countsByState(counts, pipeline)
    for (const { state, count } of this.#chips) setText(count, formatCount(byState.get(state) ?? 0))
    this.#showChosen()
  }

  #showChosen(): void {
    const { pipeline = '', taskState } = this.#session.view
    if (this.#select.value !== pipeline) this.#select.value = pipeline
    for (const chip of this.element.querySelectorAll<HTMLElement>('.task-chip')) {
      chip.setAttribute('aria-pressed', String(chip.dataset['state'] === taskState))
    }
  }
}
