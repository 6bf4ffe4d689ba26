import type { Pipelines } from '../../api/pipelines.ts'
import { getJson } from '../api.ts'
import { noticesOf } from '../state/pipeline-texts.ts'
import { h } from './dom.ts'
import { PipelineRow, withCode } from './pipeline-row.ts'

/** The declared pipelines, one row each. */
export class PipelineList {
  readonly element = h('section', { class: 'work-section' }, h('h2', {}, 'Pipelines'))
  /** What keeps all pipelines from running or from being changed. */
  readonly notices = h('div', { class: 'work-notices', role: 'status' })
  readonly #rows = new Map<string, PipelineRow>()
  readonly #list = h('ul', { class: 'plain pipelines' })
  readonly #empty = emptyCard()
  #shownNotices = ''
  /** Counts changes: an answer to a request that was sent before a change is out of date. */
  #version = 0

  constructor() {
    this.element.append(this.#empty, this.#list)
  }

  /** @throws ApiError */
  async load(): Promise<void> {
    const version = this.#version
    const answer = await getJson<Pipelines>('/api/pipelines')
    if (version === this.#version) this.#show(answer)
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
    this.notices.replaceChildren(
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
    h('h3', {}, 'No pipeline is declared'),
    ...paragraphs,
  )
}
