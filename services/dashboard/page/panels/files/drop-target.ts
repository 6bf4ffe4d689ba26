import type { Inbox } from '../../../api/files.ts'
import { ApiError } from '../../api.ts'
import { formatBytes } from '../../state/format.ts'
import { button, h, setText } from '../dom.ts'
import { upload } from './upload.ts'

/** How many results of uploads stay in the list. */
const maxShown = 8

/** A pipeline on which files can be dropped. */
export class DropTarget {
  readonly element: HTMLLIElement
  readonly #pipeline: string
  readonly #onUploaded: () => void
  readonly #match = h('p', { class: 'dim drop-match' })
  readonly #input = h('input', {
    type: 'file',
    multiple: true,
    class: 'visually-hidden',
    tabindex: -1,
  })
  readonly #uploads = h('ul', { class: 'plain drop-uploads', 'aria-live': 'polite' })
  #maxBytes = 0

  constructor(inbox: Inbox, onUploaded: () => void) {
    this.#pipeline = inbox.pipeline
    this.#onUploaded = onUploaded
    this.#input.setAttribute('aria-label', `Files for ${inbox.pipeline}`)
    this.#input.addEventListener('change', () => {
      void this.#send([...(this.#input.files ?? [])])
      this.#input.value = ''
    })
    const choose = button('Choose files', { class: 'button' }, () => {
      this.#input.click()
    })
    choose.setAttribute('aria-label', `Choose files for ${inbox.pipeline}`)
    const head = h(
      'div',
      { class: 'drop-head' },
      h('h3', {}, inbox.pipeline),
      h('span', { class: 'dim drop-hint' }, 'Drop files here'),
      choose,
      this.#input,
    )
    this.element = h('li', { class: 'card drop-target', 'data-inbox': inbox.pipeline })
    this.element.append(head, this.#match, this.#uploads)
    this.#listen()
  }

  show({ match, mimetypes, folder }: Inbox, maxBytes: number): void {
    this.#maxBytes = maxBytes
    setText(this.#match, `${[...match, ...mimetypes].join(', ')} · ${folder}`)
  }

  #listen(): void {
    const { element } = this
    const mark = (isOver: boolean) => (event: DragEvent) => {
      event.preventDefault()
      element.classList.toggle('is-over', isOver)
    }
    element.addEventListener('dragenter', mark(true))
    element.addEventListener('dragover', mark(true))
    element.addEventListener('dragleave', mark(false))
    element.addEventListener('drop', (event) => {
      mark(false)(event)
      void this.#send([...(event.dataTransfer?.files ?? [])])
    })
  }

  /** One after another. */
  async #send(files: readonly File[]): Promise<void> {
    for (const file of files) await this.#sendOne(file)
  }

  async #sendOne(file: File): Promise<void> {
    const line = new UploadLine(file.name)
    this.#uploads.prepend(line.element)
    while (this.#uploads.children.length > maxShown) this.#uploads.lastElementChild?.remove()
    if (file.size > this.#maxBytes) {
      line.end(
        `The file is larger than ${formatBytes(this.#maxBytes)}. Use npm run drop instead.`,
        true,
      )
      return
    }
    try {
      const { size } = await upload(file, {
        pipeline: this.#pipeline,
        onProgress: (fraction) => {
          line.show(fraction)
        },
      })
      line.end(`In the inbox, ${formatBytes(size)}.`, false)
      this.#onUploaded()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      line.end(error.message, true)
    }
  }
}

/** What becomes of an upload. */
class UploadLine {
  readonly element: HTMLLIElement
  readonly #progress = h('progress', { max: 1, value: 0, class: 'task-progress' })
  readonly #text = h('span', { class: 'dim' })

  constructor(name: string) {
    this.#progress.setAttribute('aria-label', `Upload of ${name}`)
    this.element = h('li', { class: 'drop-upload' }, h('b', {}, name), this.#progress, this.#text)
  }

  show(fraction: number): void {
    this.#progress.value = fraction
    setText(this.#text, `${Math.floor(fraction * 100)} %`)
  }

  end(text: string, isFault: boolean): void {
    this.#progress.hidden = true
    this.#text.className = isFault ? 'fault' : 'dim'
    setText(this.#text, text)
  }
}
