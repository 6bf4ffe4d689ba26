import type { Task } from '../../api/tasks.ts'
import { faultLineOf, percentOf, stateOf, summaryOf } from '../state/task-texts.ts'
import { h, setText } from './dom.ts'
import type { TaskBody } from './task-body.ts'

/** A task of the list. Its button shows or hides the details. Elements are changed, not replaced. */
export class TaskRow {
  readonly element: HTMLLIElement
  readonly #state = h('span', { class: 'badge' })
  readonly #summary = h('span', { class: 'dim task-summary' })
  readonly #progress = h('progress', { max: 1, class: 'task-progress' })
  readonly #percent = h('span', { class: 'task-percent' })
  readonly #meter = h('p', { class: 'task-meter' })
  readonly #fault = h('p', { class: 'fault task-fault' })
  readonly #button = h('button', { type: 'button', class: 'task-button' })
  #task: Task
  #body: TaskBody | undefined

  constructor(task: Task, onToggle: () => void) {
    this.#task = task
    const { id, method, pipeline } = task
    this.#progress.setAttribute('aria-label', `Progress of task ${id}`)
    this.#button.append(
      h('span', { class: 'task-id dim' }, String(id)),
      h('span', { class: 'task-name' }, h('b', {}, method), h('span', { class: 'dim' }, pipeline)),
      this.#state,
      this.#summary,
    )
    this.#button.addEventListener('click', onToggle)
    this.#meter.append(this.#progress, this.#percent)
    this.element = h('li', { class: 'task', 'data-task': id })
    this.element.append(this.#button, this.#meter, this.#fault)
  }

  get task(): Task {
    return this.#task
  }

  /** @param now milliseconds since the Unix epoch */
  show(task: Task, now: number): void {
    this.#task = task
    this.element.dataset['state'] = stateOf(task)
    setText(this.#state, stateOf(task))
    setText(this.#summary, summaryOf(task, now))
    const percent = percentOf(task)
    this.#meter.hidden = percent === undefined
    this.#progress.value = task.progress ?? 0
    setText(this.#percent, percent ?? '')
    const fault = faultLineOf(task)
    // The details have it in full.
    this.#fault.hidden = fault === '' || this.#body !== undefined
    setText(this.#fault, fault)
  }

  /** Shows the details below the task; undefined hides them. */
  open(body: TaskBody | undefined): void {
    this.#button.setAttribute('aria-expanded', String(body !== undefined))
    if (body === this.#body) return
    this.#body?.element.remove()
    this.#body = body
    if (body !== undefined) this.element.append(body.element)
  }
}
