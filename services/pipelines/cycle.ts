import { manifestFolder } from '../ledger/task-output.ts'
import type { RuleFault } from './declaration/shared-rules.ts'
import type { FileSource, PipelineDeclaration } from './declaration/task-declaration.ts'
import { isTaskDeclaration, ownTableOf, topicOf } from './declaration/task-declaration.ts'

/** A table, a topic or a folder of the bucket that one pipeline writes and another one reads. */
type Resource = { readonly kind: 'table' | 'topic' | 'folder'; readonly name: string }

/** What a pipeline reads. @member path the key of its declaration */
type Input = Resource & { readonly path: readonly string[] }

/** What a pipeline writes. Errors are written only when its tasks fail. */
type Output = Resource & { readonly content: 'rows' | 'errors' | 'progress events' }

/**
 * The fault of a pipeline that completes a cycle with others: each writes what the next one reads, so that
 * they would start each other without end. Errors and events of tasks count too: a task that always fails would
 * start such a cycle again each time. Tables that only a handler names are not known here.
 */
export function faultOfCycle(
  declaration: PipelineDeclaration,
  others: readonly PipelineDeclaration[],
): RuleFault | undefined {
  for (const input of inputsOf(declaration)) {
    const cycle = cycleOf({ start: declaration, input }, others)
    if (cycle !== undefined) return toFault(cycle, input)
  }
  return undefined
}

function toFault(cycle: readonly Step[], { kind, path }: Input): RuleFault {
  const [first, ...next] = cycle
  const parts = next.map(({ name, output }) => `"${name}" reads it and writes ${output}`)
  const way = [`"${first?.name}" writes ${first?.output}`, ...parts, `"${first?.name}" reads it`]
  const key = kind === 'topic' ? 'from.topic' : path.join('.')
  const sentence = `the pipelines would start each other without end: ${way.join(', ')}`
  return {
    path: [...path],
    message: `${key}: ${sentence}. Let one of them read or write another ${kind}.`,
  }
}

type Step = { readonly name: string; readonly output: string }

/** The shortest cycle that begins with the pipeline; undefined if there is none. */
function cycleOf(
  { start, input }: { readonly start: PipelineDeclaration; readonly input: Resource },
  others: readonly PipelineDeclaration[],
): Step[] | undefined {
  const known = others.filter(({ name }) => name !== start.name)
  const reached = new Set([start.name])
  let ways = [{ last: start, steps: [] as Step[] }]
  while (ways.length > 0) {
    const longer: typeof ways = []
    for (const { last, steps } of ways) {
      for (const output of outputsOf(last)) {
        const way = [...steps, { name: last.name, output: describe(output) }]
        if (isSame(output, input)) return way
        for (const next of known) {
          if (reached.has(next.name) || !reads(next, output)) continue
          reached.add(next.name)
          longer.push({ last: next, steps: way })
        }
      }
    }
    ways = longer
  }
  return undefined
}

/** What starts work of the pipeline: records of a topic, late rows of a table, or files. */
function inputsOf(declaration: PipelineDeclaration): Input[] {
  const topic = topicOf(declaration)
  if (topic !== undefined) return [{ kind: 'topic', name: topic, path: ['from', 'topic', 'name'] }]
  if (!isTaskDeclaration(declaration)) return []
  const { source } = declaration
  if (source.kind === 'files') return foldersOf(source)
  if (source.kind !== 'schedule' || source.reads === undefined) return []
  return [{ kind: 'table', name: source.reads.table, path: ['reads', 'table'] }]
}

/** Files that are found in the folder for processing are processed too. */
function foldersOf({ inbox, processing }: FileSource): Input[] {
  const path = ['from', 'files']
  const input: Input = { kind: 'folder', name: inbox, path: [...path, 'inbox'] }
  if (processing === undefined) return [input]
  return [input, { kind: 'folder', name: processing, path: [...path, 'processing'] }]
}

function outputsOf(declaration: PipelineDeclaration): Output[] {
  const table = ownTableOf(declaration)
  const outputs: Output[] = table === undefined ? [] : [rows({ kind: 'table', name: table })]
  if (!isTaskDeclaration(declaration)) return outputs
  const { name, to, errors, progress } = declaration
  if (to.kind === 'topic') outputs.push(rows({ kind: 'topic', name: to.topic }))
  if (to.kind === 'objects') {
    const folder = `${to.folder}/${name}`
    outputs.push(rows({ kind: 'folder', name: folder }))
    outputs.push(rows({ kind: 'folder', name: manifestFolder(folder) }))
  }
  if (errors !== undefined) outputs.push({ kind: 'topic', name: errors, content: 'errors' })
  if (progress !== undefined)
    outputs.push({ kind: 'topic', name: progress, content: 'progress events' })
  return outputs
}

const rows = (resource: Resource): Output => ({ ...resource, content: 'rows' })

const describe = ({ kind, name, content }: Output): string =>
  `${content === 'rows' ? '' : `its ${content} to `}the ${kind} "${name}"`

const reads = (declaration: PipelineDeclaration, output: Output): boolean =>
  inputsOf(declaration).some((input) => isSame(output, input))

const isSame = (left: Resource, right: Resource): boolean =>
  left.kind === right.kind && left.name === right.name
