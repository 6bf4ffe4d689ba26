import { waitingWorkOf } from '../../../ledger/tasks/waiting-work.ts'
import type { Pipeline, PipelineDetails } from '../../api/pipelines.ts'
import { ApiError, pipelinePath, postForJson } from '../api.ts'
import { figuresOf, remarksOf, routeOf } from '../state/pipeline-texts.ts'
import { button, h, setText } from './dom.ts'
import { showFigures } from './figures.ts'

/** A text with its parts between backticks as code. */
export function withCode(text: string): (HTMLElement | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? h('code', {}, part) : part))
}

const changes = {
  pause: {
    label: 'Pause',
    busyLabel: 'Pausing …',
    done: (declaration: PipelineDetails['declaration']) => `Paused. ${waitingWorkOf(declaration)}`,
  },
  resume: {
    label: 'Resume',
    busyLabel: 'Resuming …',
    done: () => 'Resumed. It continues where it stopped.',
  },
} as const

type Change = keyof typeof changes

/** A pipeline of the list. Elements are changed, not replaced, so that the focus stays where it is. */
export class PipelineRow {
  readonly element: HTMLLIElement
  readonly #onChange: () => void
  readonly #state = h('span', { class: 'badge' })
  readonly #route = h('p', { class: 'dim route' })
  readonly #figures = h('dl', { class: 'work-figures' })
  readonly #remarks = h('div', {})
  readonly #outcome = h('p', { class: 'outcome', role: 'status' })
  readonly #button: HTMLButtonElement
  #pipeline: Pipeline
  #mayChange = false
  #isBusy = false
  #shownRemarks = ''

  /** @param onChange called before and after a change is sent */
  constructor(pipeline: Pipeline, onChange: () => void) {
    this.#pipeline = pipeline
    this.#onChange = onChange
    this.#button = button('', { class: 'button' }, () => {
      void this.#change()
    })
    const head = h('div', { class: 'pipeline-head' })
    head.append(h('h3', {}, pipeline.name), this.#state, this.#button)
    this.element = h(
      'li',
      { class: 'card pipeline', 'data-pipeline': pipeline.name },
      ...[head, this.#route, this.#figures, this.#remarks, this.#outcome],
    )
  }

  show(pipeline: Pipeline, mayChange: boolean): void {
    // The outcome of the last change is over when somebody else has changed the pipeline.
    if (pipeline.state !== this.#pipeline.state) this.#showOutcome('', false)
    this.#pipeline = pipeline
    this.#mayChange = mayChange
    this.element.dataset['state'] = pipeline.state
    setText(this.#state, pipeline.state)
    setText(this.#route, routeOf(pipeline))
    showFigures(this.#figures, figuresOf(pipeline))
    this.#showRemarks()
    this.#showButton()
  }

  #showRemarks(): void {
    const remarks = remarksOf(this.#pipeline)
    const json = JSON.stringify(remarks)
    if (json === this.#shownRemarks) return
    this.#shownRemarks = json
    const toElement = ({ text, isFault }: (typeof remarks)[number]): HTMLElement =>
      h('p', { class: isFault ? 'remark fault' : 'remark' }, ...withCode(text))
    this.#remarks.replaceChildren(...remarks.map(toElement))
  }

  get #offered(): Change {
    return this.#pipeline.state === 'paused' ? 'resume' : 'pause'
  }

  /** A pipeline that needs a decision has no button: the reason of its pause says what to do. */
  #showButton(): void {
    const { label, busyLabel } = changes[this.#offered]
    setText(this.#button, this.#isBusy ? busyLabel : label)
    this.#button.setAttribute('aria-label', `${label} ${this.#pipeline.name}`)
    // Not `disabled`: the button would lose the focus.
    this.#button.setAttribute('aria-disabled', String(this.#isBusy))
    this.#button.hidden = !this.#mayChange || this.#pipeline.needsDecision
  }

  async #change(): Promise<void> {
    if (this.#isBusy) return
    const change = this.#offered
    this.#begin(true)
    this.#showOutcome('', false)
    try {
      const path = `${pipelinePath(this.#pipeline.name)}/${change}`
      const details = await postForJson<PipelineDetails>(path)
      this.#pipeline = details
      this.#showOutcome(changes[change].done(details.declaration), false)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#showOutcome(error.message, true)
    } finally {
      this.#begin(false)
      this.show(this.#pipeline, this.#mayChange)
    }
  }

  #begin(isBusy: boolean): void {
    this.#isBusy = isBusy
    this.#showButton()
    this.#onChange()
  }

  #showOutcome(text: string, isFault: boolean): void {
    this.#outcome.classList.toggle('fault', isFault)
    setText(this.#outcome, text)
  }
}
