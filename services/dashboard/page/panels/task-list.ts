import type { Task, Tasks } from '../../api/tasks.ts'
import { ApiError, getJson, pathWithQuery } from '../api.ts'
import type { Session } from '../state/session.ts'
import { button, h } from './dom.ts'
import { withCode } from './pipeline-row.ts'
import { TaskBody } from './task-body.ts'
import { TaskFilters } from './task-filters.ts'
import { TaskRow } from './task-row.ts'

const pageSize = 25
const maxShown = 200

/** The newest tasks that the filter of the view leaves, one row each. One of them can be open. */
export class TaskList {
  readonly element = h('section', { class: 'work-section' }, h('h2', {}, 'Tasks'))
  readonly #session: Session
  readonly #filters: TaskFilters
  readonly #rows = new Map<number, TaskRow>()
  readonly #list = h('ul', { class: 'plain tasks card' })
  readonly #empty = h('p', { class: 'dim', hidden: true })
  readonly #more: HTMLButtonElement
  #body: TaskBody | undefined
  #limit = pageSize
  #mayChange = false
  /** Counts changes: an answer to a request that was sent before a change is out of date. */
  #version = 0

  constructor(session: Session) {
    this.#session = session
    this.#filters = new TaskFilters(session)
    this.#more = button('Show more', { class: 'button tasks-more', hidden: true }, () => {
      this.#limit = Math.min(maxShown, this.#limit + pageSize)
      this.#loadNow()
    })
    this.element.append(this.#filters.element, this.#empty, this.#list, this.#more)
    session.on('view', ({ view, last }) => {
      if (view.mode !== 'work') return
      const isFiltered = view.pipeline !== last.pipeline || view.taskState !== last.taskState
      if (isFiltered) this.#limit = pageSize
      if (isFiltered || view.task !== last.task) this.#loadNow()
    })
  }

  /** @throws ApiError */
  async load(): Promise<void> {
    const version = this.#version
    const { pipeline, taskState, task } = this.#session.view
    const path = pathWithQuery('/api/tasks', {
      ...(pipeline !== undefined && { pipeline }),
      ...(taskState !== undefined && { state: taskState }),
      limit: this.#limit,
    })
    const [answer, open] = await Promise.all([getJson<Tasks>(path), this.#loadOpen(task)])
    if (version !== this.#version) return
    this.#mayChange = answer.mayChange
    this.#filters.show(answer.counts)
    this.#show(answer, open)
  }

  /** For a change of the view. The next load reports an error. */
  #loadNow(): void {
    this.#version += 1
    this.load().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })
  }

  /** Undefined if no task is open, or if the open task was deleted. */
  async #loadOpen(id: number | undefined): Promise<Task | undefined> {
    if (id !== this.#body?.id) {
      this.#body = id === undefined ? undefined : this.#bodyOf(id)
    }
    try {
      return await this.#body?.load(this.#session.now, this.#mayChange)
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined
      throw error
    }
  }

  #bodyOf(id: number): TaskBody {
    return new TaskBody(id, (task) => {
      this.#version += 1
      if (task !== undefined) this.#rows.get(id)?.show(task, this.#session.now)
    })
  }

  #show({ tasks, next }: Tasks, open: Task | undefined): void {
    const shown = open && !tasks.some(({ id }) => id === open.id) ? [open, ...tasks] : tasks
    this.#showEmpty(shown.length === 0)
    this.#removeOthers(new Set(shown.map(({ id }) => id)))
    for (const [index, task] of shown.entries()) {
      // An open task was read later than the list.
      this.#showRow(task.id === open?.id ? open : task, index)
    }
    this.#more.hidden = next === null || this.#limit >= maxShown
  }

  #showRow(task: Task, index: number): void {
    const row = this.#rows.get(task.id) ?? this.#addRow(task)
    const present = this.#list.children[index]
    if (present !== row.element) this.#list.insertBefore(row.element, present ?? null)
    row.open(task.id === this.#body?.id ? this.#body : undefined)
    row.show(task, this.#session.now)
  }

  #removeOthers(shown: ReadonlySet<number>): void {
    for (const [id, row] of this.#rows) {
      if (shown.has(id)) continue
      row.element.remove()
      this.#rows.delete(id)
    }
  }

  #showEmpty(isEmpty: boolean): void {
    this.#empty.hidden = !isEmpty
    this.#list.hidden = isEmpty
    const text = this.#filters.isFiltering
      ? 'No task matches the filter.'
      : "No task has been made yet. `npm run job -- NAME --params '{}'` makes one, as do messages and schedules of pipelines."
    this.#empty.replaceChildren(...withCode(text))
  }

  #addRow(task: Task): TaskRow {
    const row = new TaskRow(task, () => {
      const isOpen = this.#session.view.task === task.id
      this.#session.updateView({ task: isOpen ? undefined : task.id })
    })
    this.#rows.set(task.id, row)
    return row
  }
}
