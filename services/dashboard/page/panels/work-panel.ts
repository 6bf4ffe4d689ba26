import type { Pipelines } from '../../api/pipelines.ts'
import { ApiError, getJson } from '../api.ts'
import { noticesOf } from '../state/pipeline-texts.ts'
import type { Session } from '../state/session.ts'
import { byId, h, setText } from './dom.ts'
import { PipelineRow, withCode } from './pipeline-row.ts'

/** From an answer to the next request. */
const intervalMs = 2_000

/** The declared pipelines, one row each. Loads them repeatedly while the view is open. */
export class WorkPanel {
  readonly #session: Session
  readonly #rows = new Map<string, PipelineRow>()
  readonly #list = h('ul', { class: 'plain pipelines' })
  readonly #notices = h('div', { class: 'work-notices', role: 'status' })
  readonly #fault = h('p', { class: 'fault', role: 'alert' })
  readonly #empty = emptyCard()
  #shownNotices = ''
  #timer: number | undefined
  /** Counts changes: an answer to a request that was sent before a change is out of date. */
  #version = 0

  constructor(session: Session) {
    this.#session = session
    byId('work', HTMLElement).append(
      h('div', { class: 'work-content' }, this.#fault, this.#notices, this.#empty, this.#list),
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
    const version = this.#version
    try {
      const answer = await getJson<Pipelines>('/api/pipelines')
      if (version !== this.#version) return
      this.#show(answer)
      setText(this.#fault, '')
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const age = this.#rows.size > 0 ? ' What is shown is out of date.' : ''
      setText(this.#fault, `${error.message}${age}`)
    }
  }

  #show(answer: Pipelines): void {
    this.#showNotices(noticesOf(answer))
    const { pipelines, mayChange } = answer
    this.#empty.hidden = pipelines.length > 0
    const names = new Set(pipelines.map(({ name }) => name))
    for (const [name, row] of this.#rows) {
      if (names.has(name)) continue
      row.element.remove()
      this.#rows.delete(name)
    }
    for (const [index, pipeline] of pipelines.entries()) {
      const row = this.#rows.get(pipeline.name) ?? this.#addRow(pipeline, index)
      row.show(pipeline, mayChange)
    }
  }

  #addRow(pipeline: Pipelines['pipelines'][number], index: number): PipelineRow {
    const row = new PipelineRow(pipeline, () => {
      this.#version += 1
    })
    this.#rows.set(pipeline.name, row)
    this.#list.insertBefore(row.element, this.#list.children[index] ?? null)
    return row
  }

  #showNotices(notices: readonly string[]): void {
    const json = JSON.stringify(notices)
    if (json === this.#shownNotices) return
    this.#shownNotices = json
    this.#notices.replaceChildren(
      ...notices.map((text) => h('p', { class: 'card work-notice' }, ...withCode(text))),
    )
  }
}

/** Explains how to declare the first pipeline. */
function emptyCard(): HTMLElement {
  const texts = [
    'A pipeline stores the records of a Kafka topic as rows of a table. Its declaration is a TOML file. Put it into the folder `pipelines` of a folder of yours, and start the platform with that folder:',
    '`npm start -- --set worker.folder=my-pipelines`',
    '`docs/pipelines.md` describes the file, and `docs/examples/classifieds` is an example to copy.',
  ]
  const paragraphs = texts.map((text) => h('p', {}, ...withCode(text)))
  return h(
    'article',
    { class: 'card no-pipeline', hidden: true },
    h('h2', {}, 'No pipeline is declared'),
    ...paragraphs,
  )
}
