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

  /** The folders that are read. */
  get inboxes(): string[] {
    return [...new Set(this.#pipelines.map(({ declaration }) => declaration.source.inbox))].sort()
  }

  /** Undefined if no pipeline matches the file. @param name without its folder */
  find(inbox: string, name: string): FilesPipeline | undefined {
    const found = this.#pipelines.find(
      ({ declaration, matches }) => declaration.source.inbox === inbox && matches(name),
    )
    return found?.declaration
  }
}

type Match = (name: string) => boolean

/** Programs write a file under such a name, and rename it when it is complete. */
export const isHidden = (name: string): boolean => name.startsWith('.')
