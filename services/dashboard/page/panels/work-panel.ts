import { ApiError } from '../api.ts'
import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'
import { FileList } from './files/file-list.ts'
import { PipelineList } from './pipeline-list.ts'
import { TaskList } from './task-list.ts'
import { WorkerList } from './worker-list.ts'

/** From an answer to the next request. */
const intervalMs = 2_000

/** Pipelines, files, tasks and workers. Loads them repeatedly while the view is open. */
export class WorkPanel {
  readonly #session: Session
  readonly #sections: readonly { readonly load: () => Promise<void> }[]
  readonly #fault = h('p', { class: 'fault', role: 'alert' })
  #timer: number | undefined
  #hasLoaded = false

  constructor(session: Session) {
    this.#session = session
    const pipelines = new PipelineList()
    const files = new FileList(session)
    const tasks = new TaskList(session)
    const workers = new WorkerList(session)
    this.#sections = [pipelines, files, tasks, workers]
    byId('work', HTMLElement).append(
      h(
        'div',
        { class: 'work-content' },
        ...[this.#fault, pipelines.notices, pipelines.element],
        ...[files.element, tasks.element, workers.element],
      ),
    )
    session.on('view', ({ view, last }) => {
      if (view.mode !== last.mode) this.#open()
    })
    this.#open()
  }

  #open(): void {
    clearTimeout(this.#timer)
    if (this.#session.view.mode !== 'work') return
    void this.#load().finally(() => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => {
        this.#open()
      }, intervalMs)
    })
  }

  async #load(): Promise<void> {
    const loads = await Promise.allSettled(this.#sections.map((section) => section.load()))
    const errors = loads.flatMap((each): unknown[] =>
      each.status === 'rejected' ? [each.reason] : [],
    )
    if (errors.length < loads.length) this.#hasLoaded = true
    const bug = errors.find((error) => !(error instanceof ApiError))
    if (bug instanceof Error) throw bug
    // All have the same cause.
    const [first] = errors.filter((error) => error instanceof ApiError)
    const age = this.#hasLoaded ? ' What is shown is out of date.' : ''
    setText(this.#fault, first === undefined ? '' : `${first.message}${age}`)
  }
}
