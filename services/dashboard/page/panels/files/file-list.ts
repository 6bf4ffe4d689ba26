import type { File, Files } from '../../../api/files.ts'
import { ApiError, filePath, getJson, pathWithQuery } from '../../api.ts'
import type { Session } from '../../state/session.ts'
import { button, h } from '../dom.ts'
import { withCode } from '../pipeline-row.ts'
import { DropTarget } from './drop-target.ts'
import { FileBody } from './file-body.ts'
import { FileFilters } from './file-filters.ts'
import { FileRow } from './file-row.ts'

const pageSize = 25
const maxShown = 200

/**
 * The newest files that the filter of the view leaves, one row each, and the pipelines on which files can be
 * dropped. It is hidden while the platform loads no files.
 */
export class FileList {
  readonly element = h('section', { class: 'work-section', hidden: true }, h('h2', {}, 'Files'))
  readonly #session: Session
  readonly #filters: FileFilters
  readonly #rows = new Map<number, FileRow>()
  readonly #targets = new Map<string, DropTarget>()
  readonly #targetList = h('ul', { class: 'plain drop-targets' })
  readonly #list = h('ul', { class: 'plain tasks card' })
  readonly #empty = h('p', { class: 'dim', hidden: true })
  readonly #more: HTMLButtonElement
  #body: FileBody | undefined
  #limit = pageSize
  /** Counts changes: an answer to a request that was sent before a change is out of date. */
  #version = 0

  constructor(session: Session) {
    this.#session = session
    this.#filters = new FileFilters(session)
    this.#more = button('Show more', { class: 'button tasks-more', hidden: true }, () => {
      this.#limit = Math.min(maxShown, this.#limit + pageSize)
      this.#loadNow()
    })
    this.element.append(this.#targetList, this.#filters.element)
    this.element.append(this.#empty, this.#list, this.#more)
    session.on('view', ({ view, last }) => {
      if (view.mode !== 'work') return
      const isFiltered = view.pipeline !== last.pipeline || view.fileState !== last.fileState
      if (isFiltered) this.#limit = pageSize
      if (isFiltered || view.file !== last.file) this.#loadNow()
    })
  }

  /** @throws ApiError */
  async load(): Promise<void> {
    const version = this.#version
    const { pipeline, fileState, file } = this.#session.view
    const path = pathWithQuery('/api/files', {
      ...(pipeline !== undefined && { pipeline }),
      ...(fileState !== undefined && { state: fileState }),
      limit: this.#limit,
    })
    const [answer, open] = await Promise.all([getJson<Files>(path), loadFile(file)])
    if (version === this.#version) this.#show(answer, open)
  }

  /** For a change. The next load reports an error. */
  #loadNow(): void {
    this.#version += 1
    this.load().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error
    })
  }

  #show(answer: Files, open: File | undefined): void {
    const { files, next, maxUploadBytes, mayChange } = answer
    const isUsed = maxUploadBytes !== null || answer.counts.length > 0
    this.element.hidden = !isUsed
    if (!isUsed) return
    this.#filters.show(answer)
    this.#showTargets(answer)
    this.#showBody(open, mayChange)
    const shown = open && !files.some(({ id }) => id === open.id) ? [open, ...files] : files
    this.#showEmpty(shown.length === 0, answer)
    this.#removeOthers(new Set(shown.map(({ id }) => id)))
    for (const [index, file] of shown.entries()) this.#showRow(file, index)
    this.#more.hidden = next === null || this.#limit >= maxShown
  }

  #showBody(open: File | undefined, mayChange: boolean): void {
    if (open?.id !== this.#body?.id) {
      this.#body =
        open &&
        new FileBody(open, () => {
          this.#loadNow()
        })
    }
    if (open !== undefined) this.#body?.show(open, this.#session.now, mayChange)
  }

  #showRow(file: File, index: number): void {
    const row = this.#rows.get(file.id) ?? this.#addRow(file)
    const present = this.#list.children[index]
    if (present !== row.element) this.#list.insertBefore(row.element, present ?? null)
    row.open(file.id === this.#body?.id ? this.#body : undefined)
    row.show(file, this.#session.now)
  }

  #removeOthers(shown: ReadonlySet<number>): void {
    for (const [id, row] of this.#rows) {
      if (shown.has(id)) continue
      row.element.remove()
      this.#rows.delete(id)
    }
  }

  #showTargets({ inboxes, maxUploadBytes, mayChange }: Files): void {
    const isOffered = mayChange && maxUploadBytes !== null
    this.#targetList.hidden = !isOffered || inboxes.length === 0
    if (!isOffered) return
    for (const [name, target] of this.#targets) {
      if (inboxes.some(({ pipeline }) => pipeline === name)) continue
      target.element.remove()
      this.#targets.delete(name)
    }
    for (const [index, inbox] of inboxes.entries()) {
      const target = this.#targets.get(inbox.pipeline) ?? this.#addTarget(inbox, index)
      target.show(inbox, maxUploadBytes)
    }
  }

  #addTarget(inbox: Files['inboxes'][number], index: number): DropTarget {
    const target = new DropTarget(inbox, () => {
      this.#loadNow()
    })
    this.#targets.set(inbox.pipeline, target)
    this.#targetList.insertBefore(target.element, this.#targetList.children[index] ?? null)
    return target
  }

  #showEmpty(isEmpty: boolean, { inboxes, counts }: Files): void {
    this.#empty.hidden = !isEmpty
    this.#list.hidden = isEmpty
    this.#empty.replaceChildren(...withCode(emptyText(inboxes.length > 0, counts.length > 0)))
  }

  #addRow(file: File): FileRow {
    const row = new FileRow(file, () => {
      const isOpen = this.#session.view.file === file.id
      this.#session.updateView({ file: isOpen ? undefined : file.id })
    })
    this.#rows.set(file.id, row)
    return row
  }
}

function emptyText(hasInbox: boolean, hasFiles: boolean): string {
  if (hasFiles) return 'No file matches the filter.'
  return hasInbox
    ? 'No file has been dropped yet. Drop one on a pipeline, or use `npm run drop -- FILE`.'
    : 'No pipeline loads files. `docs/pipelines.md`, “Files”, describes how to declare one.'
}

/** Undefined if no file is open, or if it was deleted. @throws ApiError */
async function loadFile(id: number | undefined): Promise<File | undefined> {
  if (id === undefined) return undefined
  try {
    return await getJson<File>(filePath(id))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}
