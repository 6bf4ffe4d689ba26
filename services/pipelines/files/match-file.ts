import picomatch from 'picomatch'
import type { FilesPipeline } from '../declaration/task-declaration.ts'

/** Finds the pipeline of a file. */
export class FileMatcher {
  readonly #pipelines: readonly { readonly declaration: FilesPipeline; readonly matches: Match }[]

  /** @param declarations if several match a file, the first one gets it */
  constructor(declarations: readonly FilesPipeline[]) {
    this.#pipelines = declarations.map((declaration) => ({
      declaration,
      matches: picomatch([...declaration.source.match]),
    }))
  }

  /** The folders to which users put files. */
  get inboxes(): string[] {
    return [...new Set(this.#pipelines.map(({ declaration }) => declaration.source.inbox))].sort()
  }

  /** The folders that are read: inboxes, and folders for processing, where another system may have left files. */
  get folders(): string[] {
    const folders = this.#pipelines.flatMap(({ declaration: { source } }) => [
      ...[source.inbox, ...(source.processing === undefined ? [] : [source.processing])],
    ])
    return [...new Set(folders)].sort()
  }

  /** Undefined if no pipeline matches the file. @param name without its folder */
  find(folder: string, name: string): FilesPipeline | undefined {
    const found = this.#pipelines.find(
      ({ declaration: { source }, matches }) =>
        (source.inbox === folder || source.processing === folder) && matches(name),
    )
    return found?.declaration
  }
}

type Match = (name: string) => boolean

/** Programs write a file under such a name, and rename it when it is complete. */
export const isHidden = (name: string): boolean => name.startsWith('.')
