import picomatch from 'picomatch'
import type { FilesPipeline } from '../declaration/task-declaration.ts'

/** Finds the pipeline of a file. */
export class FileMatcher {
  readonly #pipelines: readonly {
    readonly declaration: FilesPipeline
    readonly matches: Match
    readonly hasType: Match
  }[]

  /** @param declarations if several match a file, the first one gets it */
  constructor(declarations: readonly FilesPipeline[]) {
    this.#pipelines = declarations.map((declaration) => ({
      declaration,
      matches: picomatch([...declaration.source.match]),
      hasType: typeMatch(declaration.source.mimetypes ?? []),
    }))
  }

  /** The folders into which users put files. */
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

  /** Whether the pipeline of a file in the folder also depends on the type of the file. */
  needsType(folder: string): boolean {
    return this.#pipelines.some(
      ({ declaration: { source } }) => isIn(source, folder) && (source.mimetypes ?? []).length > 0,
    )
  }

  /** Whether the pipeline of a file does not depend on the type of the file. */
  isDecidedByName(folder: string, name: string): boolean {
    const first = this.#pipelines.find(
      ({ declaration: { source }, matches }) =>
        isIn(source, folder) && ((source.mimetypes ?? []).length > 0 || matches(name)),
    )
    return first?.matches(name) ?? true
  }

  /**
   * The first pipeline whose types or names match the file; undefined if there is none.
   *
   * @param name without its folder
   * @param type undefined: it is not known
   */
  find(folder: string, name: string, type?: string): FilesPipeline | undefined {
    const found = this.#pipelines.find(
      ({ declaration: { source }, matches, hasType }) =>
        isIn(source, folder) && ((type !== undefined && hasType(type)) || matches(name)),
    )
    return found?.declaration
  }
}

type Match = (text: string) => boolean

const isIn = ({ inbox, processing }: FilesPipeline['source'], folder: string): boolean =>
  inbox === folder || processing === folder

/** Upper and lower case are the same in types. `text/*` stands for all types of text. */
function typeMatch(mimetypes: readonly string[]): Match {
  const wanted = mimetypes.map((type) => type.toLowerCase())
  return (type) => {
    const lower = type.toLowerCase()
    return wanted.some((each) =>
      each.endsWith('/*') ? lower.startsWith(each.slice(0, -1)) : lower === each,
    )
  }
}

/** Programs write a file under such a name, and rename it when it is complete. */
export const isHidden = (name: string): boolean => name.startsWith('.')
