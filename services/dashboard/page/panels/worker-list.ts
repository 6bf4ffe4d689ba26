import type { TaskWorker, TaskWorkers } from '../../api/tasks.ts'
import { getJson } from '../api.ts'
import type { Session } from '../state/session.ts'
import { activityOf, workerFiguresOf } from '../state/task-texts.ts'
import { h, setText } from './dom.ts'
import { showFigures } from './figures.ts'

/** The workers and what they do now, one row each. */
export class WorkerList {
  readonly element = h('section', { class: 'work-section' }, h('h2', {}, 'Workers'))
  readonly #session: Session
  readonly #rows = new Map<number, WorkerRow>()
  readonly #list = h('ul', { class: 'plain workers' })
  readonly #empty = h('p', { class: 'dim', hidden: true }, 'No worker has been started yet.')

  constructor(session: Session) {
    this.#session = session
    this.element.append(this.#empty, this.#list)
  }

  /** @throws ApiError */
  async load(): Promise<void> {
    const { workers } = await getJson<TaskWorkers>('/workers')
    this.#empty.hidden = workers.length > 0
    const ids = new Set(workers.map(({ id }) => id))
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue
      row.element.remove()
      this.#rows.delete(id)
    }
    for (const [index, worker] of workers.entries()) {
      const row = this.#rows.get(worker.id) ?? this.#addRow(worker)
      const present = this.#list.children[index]
      if (present !== row.element) this.#list.insertBefore(row.element, present ?? null)
      row.show(worker, this.#session.now)
    }
  }

  #addRow(worker: TaskWorker): WorkerRow {
    const row = new WorkerRow(worker)
    this.#rows.set(worker.id, row)
    return row
  }
}

/** Elements are changed, not replaced. */
class WorkerRow {
  readonly element: HTMLLIElement
  readonly #state = h('span', { class: 'badge' })
  readonly #activity = h('p', { class: 'worker-activity' })
  readonly #figures = h('dl', { class: 'work-figures' })

  constructor(worker: TaskWorker) {
    const { id, name } = worker
    const head = h(
      'div',
      { class: 'pipeline-head' },
      h('h3', {}, name),
      h('span', { class: 'dim' }, `id ${id}`),
      this.#state,
    )
    this.element = h('li', { class: 'card worker', 'data-worker': id })
    this.element.append(head, this.#activity, this.#figures)
  }

  show(worker: TaskWorker, now: number): void {
    this.element.dataset['state'] = worker.state
    setText(this.#state, worker.state)
    setText(this.#activity, activityOf(worker))
    showFigures(this.#figures, workerFiguresOf(worker, now))
  }
}
