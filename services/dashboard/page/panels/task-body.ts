import type { Task, TaskDetails } from '../../api/tasks.ts'
import { ApiError, getJson, postForJson, taskPath } from '../api.ts'
import { changeOf, factsOf } from '../state/task-texts.ts'
import { button, h, setText } from './dom.ts'
import { showFigures } from './figures.ts'

const changes = {
  cancel: {
    label: 'Cancel',
    busyLabel: 'Canceling …',
    done: ({ state }: Task): string =>
      state === 'canceled' ? 'Canceled.' : 'Its handler is asked to stop. It has five seconds.',
  },
  retry: {
    label: 'Retry',
    busyLabel: 'Queuing …',
    done: (): string => 'Queued again.',
  },
} as const

/** The details of the open task, and what a user can do with it. */
export class TaskBody {
  readonly element = h('div', { class: 'task-body' })
  readonly #id: number
  readonly #onChange: (task: Task | undefined) => void
  readonly #facts = h('dl', { class: 'work-figures task-facts' })
  readonly #params = scrolled('Parameters')
  readonly #fault = scrolled('Fault')
  readonly #faultTitle = h('h3', {}, 'Fault of the last attempt')
  readonly #log = scrolled('Log lines')
  readonly #noLog = h('p', { class: 'dim' }, 'Its handler has logged nothing.')
  readonly #outcome = h('p', { class: 'outcome', role: 'status' })
  readonly #button: HTMLButtonElement
  #details: TaskDetails | undefined
  #mayChange = false
  #isBusy = false

  /** @param onChange called with undefined before a change is sent, and with the task after it */
  constructor(id: number, onChange: (task: Task | undefined) => void) {
    this.#id = id
    this.#onChange = onChange
    this.#button = button('', { class: 'button', hidden: true }, () => {
      void this.#change()
    })
    this.element.append(
      this.#facts,
      ...[h('h3', {}, 'Parameters'), this.#params],
      ...[this.#faultTitle, this.#fault],
      ...[h('h3', {}, 'Log'), this.#noLog, this.#log],
      h('p', { class: 'task-actions' }, this.#button),
      this.#outcome,
    )
    this.element.hidden = true
  }

  get id(): number {
    return this.#id
  }

  /** Reads the details. @throws ApiError */
  async load(now: number, mayChange: boolean): Promise<TaskDetails> {
    const details = await getJson<TaskDetails>(taskPath(this.#id))
    if (!this.#isBusy) this.show(details, now, mayChange)
    return details
  }

  show(details: TaskDetails, now: number, mayChange: boolean): void {
    // The outcome of the last change is over when the state has changed since.
    if (this.#details !== undefined && details.state !== this.#details.state) {
      this.#showOutcome('', false)
    }
    this.#details = details
    this.#mayChange = mayChange
    this.element.hidden = false
    showFigures(this.#facts, factsOf(details, now))
    setText(this.#params, prettyJson(details.params))
    const { fault } = details
    this.#faultTitle.hidden = this.#fault.hidden = fault === null
    setText(this.#fault, fault === null ? '' : `${fault.code}: ${fault.message}`)
    this.#showLog(details)
    this.#showButton()
  }

  #showLog({ log }: TaskDetails): void {
    this.#noLog.hidden = log.length > 0
    this.#log.hidden = log.length === 0
    const text = log.join('\n')
    if (text === this.#log.textContent) return
    this.#log.textContent = text
    this.#log.scrollTop = this.#log.scrollHeight
  }

  #showButton(): void {
    const offered = this.#details && changeOf(this.#details)
    this.#button.hidden = !this.#mayChange || offered === undefined
    if (offered === undefined) return
    const { label, busyLabel } = changes[offered]
    setText(this.#button, this.#isWaiting ? busyLabel : label)
    this.#button.setAttribute('aria-label', `${label} task ${this.#id}`)
    // Not `disabled`: the button would lose the focus.
    this.#button.setAttribute('aria-disabled', String(this.#isWaiting))
  }

  /** Whether the button must not be pressed now. */
  get #isWaiting(): boolean {
    return this.#isBusy || this.#details?.isCancelRequested === true
  }

  async #change(): Promise<void> {
    const offered = this.#details && changeOf(this.#details)
    if (this.#isWaiting || offered === undefined) return
    this.#isBusy = true
    this.#showButton()
    this.#showOutcome('', false)
    this.#onChange(undefined)
    let changed: TaskDetails | undefined
    try {
      changed = await postForJson<TaskDetails>(`${taskPath(this.#id)}/${offered}`)
      this.#details = changed
      this.#showOutcome(changes[offered].done(changed), false)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#showOutcome(error.message, true)
    } finally {
      this.#isBusy = false
      this.#showButton()
      this.#onChange(changed)
    }
  }

  #showOutcome(text: string, isFault: boolean): void {
    this.#outcome.classList.toggle('fault', isFault)
    setText(this.#outcome, text)
  }
}

/** A text that keyboards can scroll too. */
function scrolled(label: string): HTMLPreElement {
  return h('pre', { class: 'letter-text', tabindex: 0, role: 'region', 'aria-label': label })
}

/** With line breaks; as it is if it is long or has numbers that a double cannot hold. */
function prettyJson(text: string): string {
  if (text.length > 20_000 || /\d{16}|\d[eE]/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
