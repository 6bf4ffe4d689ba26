import type { File } from '../../../api/files.ts'
import { hasFault, progressOf, reasonOf, stateOf, summaryOf } from '../../state/file-texts.ts'
import { h, setText } from '../dom.ts'
import type { FileBody } from './file-body.ts'

/** A file of the list. Its button shows or hides the details. Elements are changed, not replaced. */
export class FileRow {
  readonly element: HTMLLIElement
  readonly #state = h('span', { class: 'badge' })
  readonly #pipeline = h('span', { class: 'dim' })
  readonly #summary = h('span', { class: 'dim task-summary' })
  readonly #progress = h('progress', { max: 1, class: 'task-progress' })
  readonly #amount = h('span', { class: 'file-amount' })
  readonly #meter = h('p', { class: 'task-meter' })
  readonly #reason = h('p', { class: 'task-fault' })
  readonly #button = h('button', { type: 'button', class: 'task-button' })
  #body: FileBody | undefined

  constructor({ id, name }: File, onToggle: () => void) {
    this.#progress.setAttribute('aria-label', `Progress of file ${id}`)
    this.#button.append(
      h('span', { class: 'task-id dim' }, String(id)),
      h('span', { class: 'task-name' }, h('b', {}, name), this.#pipeline),
      this.#state,
      this.#summary,
    )
    this.#button.addEventListener('click', onToggle)
    this.#meter.append(this.#progress, this.#amount)
    this.element = h('li', { class: 'task', 'data-file': id })
    this.element.append(this.#button, this.#meter, this.#reason)
  }

  /** @param now milliseconds since the Unix epoch */
  show(file: File, now: number): void {
    this.element.dataset['state'] = stateOf(file)
    setText(this.#state, stateOf(file))
    setText(this.#pipeline, file.pipeline ?? 'no pipeline')
    setText(this.#summary, summaryOf(file, now))
    const amount = progressOf(file)
    this.#meter.hidden = amount === undefined
    this.#progress.value = file.size === 0 ? 0 : (file.readBytes ?? 0) / file.size
    setText(this.#amount, amount ?? '')
    const reason = reasonOf(file)
    // The details have it too.
    this.#reason.hidden = reason === '' || this.#body !== undefined
    this.#reason.classList.toggle('fault', hasFault(file))
    this.#reason.classList.toggle('dim', !hasFault(file))
    setText(this.#reason, reason)
  }

  /** Shows the details below the file; undefined hides them. */
  open(body: FileBody | undefined): void {
    this.#button.setAttribute('aria-expanded', String(body !== undefined))
    if (body === this.#body) return
    this.#body?.element.remove()
    this.#body = body
    if (body !== undefined) this.element.append(body.element)
  }
}
