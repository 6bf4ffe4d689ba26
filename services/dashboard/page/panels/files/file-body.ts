import type { File } from '../../../api/files.ts'
import { ApiError, filePath, getJson, postForJson, taskPath } from '../../api.ts'
import { changeOf, factsOf, hasFault, placeOf, reasonOf } from '../../state/file-texts.ts'
import { button, h, setText } from '../dom.ts'
import { showFigures } from '../figures.ts'

const changes = {
  cancel: {
    label: 'Cancel',
    busyLabel: 'Canceling …',
    done: ({ state }: File): string =>
      state === 'canceled' ? 'Canceled.' : 'Its worker is asked to stop.',
  },
  retry: { label: 'Retry', busyLabel: 'Queuing …', done: (): string => 'Queued again.' },
} as const

/** The details of the open file, and what a user can do with it. */
export class FileBody {
  readonly element = h('div', { class: 'task-body' })
  readonly #onChange: () => void
  readonly #facts = h('dl', { class: 'work-figures task-facts' })
  readonly #place = h('p', { class: 'file-place' })
  readonly #reason = h('pre', {
    ...{ class: 'letter-text', tabindex: 0, role: 'region', 'aria-label': 'Reason' },
  })
  readonly #outcome = h('p', { class: 'outcome', role: 'status' })
  readonly #errors = h('a', { class: 'button link-button', download: true }, 'Download error log')
  readonly #task = h('a', { class: 'button link-button' })
  readonly #button: HTMLButtonElement
  #file: File
  #mayChange = false
  #isBusy = false

  /** @param onChange called before a change is sent, and after it */
  constructor(file: File, onChange: () => void) {
    this.#file = file
    this.#onChange = onChange
    this.#errors.href = `${filePath(file.id)}/errors`
    this.#button = button('', { class: 'button', hidden: true }, () => {
      void this.#change()
    })
    const actions = h('p', { class: 'task-actions' }, this.#button, this.#errors, this.#task)
    this.element.append(this.#facts, this.#place, this.#reason, actions, this.#outcome)
  }

  get id(): number {
    return this.#file.id
  }

  /** @param now milliseconds since the Unix epoch */
  show(file: File, now: number, mayChange: boolean): void {
    // The outcome of the last change is over when the state has changed since.
    if (file.state !== this.#file.state && !this.#isBusy) this.#showOutcome('', false)
    this.#file = file
    this.#mayChange = mayChange
    showFigures(this.#facts, factsOf(file, now))
    setText(this.#place, placeOf(file))
    const reason = reasonOf(file)
    this.#reason.hidden = reason === ''
    this.#reason.classList.toggle('fault', hasFault(file))
    setText(this.#reason, reason)
    this.#errors.hidden = !file.hasErrors
    this.#task.hidden = file.task === null
    setText(this.#task, `Task ${file.task?.id ?? ''}`)
    this.#task.href = `#/work?task=${file.task?.id ?? ''}`
    this.#showButton()
  }

  #showButton(): void {
    const offered = changeOf(this.#file)
    this.#button.hidden = !this.#mayChange || offered === undefined
    if (offered === undefined) return
    const { label, busyLabel } = changes[offered]
    setText(this.#button, this.#isWaiting ? busyLabel : label)
    this.#button.setAttribute('aria-label', `${label} file ${this.id}`)
    // Not `disabled`: the button would lose the focus.
    this.#button.setAttribute('aria-disabled', String(this.#isWaiting))
  }

  /** Whether the button must not be pressed now. */
  get #isWaiting(): boolean {
    return this.#isBusy || this.#file.isCancelRequested
  }

  async #change(): Promise<void> {
    const { task, id } = this.#file
    const offered = changeOf(this.#file)
    if (this.#isWaiting || offered === undefined || task === null) return
    this.#isBusy = true
    this.#showButton()
    this.#showOutcome('', false)
    this.#onChange()
    try {
      const path = offered === 'cancel' ? filePath(id) : taskPath(task.id)
      await postForJson<unknown>(`${path}/${offered}`)
      this.#file = await getJson<File>(filePath(id))
      this.#showOutcome(changes[offered].done(this.#file), false)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#showOutcome(error.message, true)
    } finally {
      this.#isBusy = false
      this.#showButton()
      this.#onChange()
    }
  }

  #showOutcome(text: string, isFault: boolean): void {
    this.#outcome.classList.toggle('fault', isFault)
    setText(this.#outcome, text)
  }
}
