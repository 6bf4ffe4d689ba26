import type { FilesPipeline } from '../declaration/task-declaration.ts'
import { asFilesPipeline } from '../declaration/task-declaration.ts'
import { storedTasksOf } from '../tasks/stored-tasks.ts'
import { FileMatcher, isHidden } from './match-file.ts'

/** A pipeline as the table `pipeline` has it. */
type StoredPipeline = { readonly name: string; readonly declaration: unknown }

export type ChosenInbox =
  | { readonly kind: 'chosen'; readonly pipeline: string; readonly key: string }
  /** @member reason a sentence: why, and what to do */
  | { readonly kind: 'refused'; readonly why: 'unknown' | 'unsuitable'; readonly reason: string }

/** The pipelines that load files, by name. */
export function filesPipelinesOf(stored: readonly StoredPipeline[]): FilesPipeline[] {
  return stored.flatMap(({ declaration }) => {
    const tasks = storedTasksOf(declaration)
    return (tasks && asFilesPipeline(tasks)) ?? []
  })
}

/**
 * Chooses the inbox for a file that a user drops.
 *
 * @param to the name of a pipeline; undefined: the pipeline that matches the file
 */
export function chooseInbox(
  stored: readonly StoredPipeline[],
  { name, to }: { readonly name: string; readonly to: string | undefined },
): ChosenInbox {
  const declared = filesPipelinesOf(stored)
  if (isHidden(name)) return refuse('unsuitable', hiddenReason(name))
  const matcher = new FileMatcher(declared)
  if (to !== undefined) {
    const pipeline = declared.find((each) => each.name === to)
    if (pipeline === undefined) return refuse('unknown', unknownReason(to, stored, declared))
    return chooseNamed(pipeline, matcher.find(pipeline.source.inbox, name), name)
  }
  const [chosen] = matcher.inboxes
    .flatMap((inbox) => matcher.find(inbox, name) ?? [])
    .sort((left, right) => (left.name < right.name ? -1 : 1))
  return chosen === undefined ? chooseByType(declared, name) : choose(chosen, name)
}

/** Only a pipeline with types can get the file. Its type is found when the file is in the inbox. */
function chooseByType(declared: readonly FilesPipeline[], name: string): ChosenInbox {
  const typed = declared.filter(({ source }) => (source.mimetypes ?? []).length > 0)
  const [first, ...others] = typed
  if (first === undefined) return refuse('unsuitable', noMatch(name, declared))
  if (others.every(({ source }) => source.inbox === first.source.inbox)) return choose(first, name)
  const types = typed.map((each) => `${each.name}: ${loadedBy(each)}`)
  const what = 'Several pipelines with different inboxes load files by their types'
  return refuse(
    'unsuitable',
    `No pipeline matches the name ${quoted(name)}. ${what}: ${types.join('; ')}. Name one of them: npm run drop -- FILE --to ${first.name}.`,
  )
}

/** The names and types of files that a pipeline loads. */
const loadedBy = ({ source }: Pick<FilesPipeline, 'source'>): string =>
  [...source.match.map(quoted), ...(source.mimetypes ?? [])].join(', ')

function chooseNamed(
  pipeline: FilesPipeline,
  matching: FilesPipeline | undefined,
  name: string,
): ChosenInbox {
  // The type of a file is detected only after it is in the inbox.
  const hasTypes = (pipeline.source.mimetypes ?? []).length > 0
  if (matching?.name === pipeline.name || (matching === undefined && hasTypes))
    return choose(pipeline, name)
  const { match, inbox } = pipeline.source
  if (matching === undefined) {
    const patterns = `it loads files with the names ${match.map(quoted).join(', ')}`
    return refuse(
      'unsuitable',
      `The pipeline ${pipeline.name} does not match ${quoted(name)}; ${patterns}. Rename the file, or change from.files.match.`,
    )
  }
  return refuse(
    'unsuitable',
    `The pipeline ${matching.name} matches ${quoted(name)} too, and comes before ${pipeline.name} in the folder ${inbox}. Rename the file, or give ${pipeline.name} another from.files.inbox.`,
  )
}

const choose = ({ name: pipeline, source }: FilesPipeline, name: string): ChosenInbox => ({
  kind: 'chosen',
  pipeline,
  key: `${source.inbox}/${name}`,
})

const refuse = (why: 'unknown' | 'unsuitable', reason: string): ChosenInbox => ({
  kind: 'refused',
  why,
  reason,
})

const hiddenReason = (name: string): string =>
  `The name ${quoted(name)} begins with a dot: such files are ignored. Rename the file.`

function unknownReason(
  to: string,
  stored: readonly StoredPipeline[],
  declared: readonly FilesPipeline[],
): string {
  const others =
    declared.length === 0
      ? 'none loads files'
      : `those that load files are: ${declared.map(({ name }) => name).join(', ')}`
  return stored.some(({ name }) => name === to)
    ? `The pipeline ${to} does not load files; ${others}.`
    : `There is no pipeline ${quoted(to.slice(0, 63))}; ${others}.`
}

function noMatch(name: string, declared: readonly FilesPipeline[]): string {
  if (declared.length === 0)
    return 'No pipeline loads files. docs/pipelines.md, "Files", describes how to declare one.'
  const patterns = declared.map(
    ({ name: pipeline, source }) => `${pipeline}: ${source.match.map(quoted).join(', ')}`,
  )
  return `No pipeline matches ${quoted(name)}. The names that pipelines load: ${patterns.join('; ')}. Rename the file, or change from.files.match.`
}

/** In quotes; control characters are escaped. */
const quoted = (text: string): string => JSON.stringify(text)
