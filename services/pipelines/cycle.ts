import type { RuleFault } from './declaration/shared-rules.ts'
import type { PipelineDeclaration } from './declaration/task-declaration.ts'
import { isTaskDeclaration, ownTableOf, topicOf } from './declaration/task-declaration.ts'

/** A table or topic that one pipeline writes and another one reads. */
type Resource = { readonly kind: 'table' | 'topic'; readonly name: string }

/** What a pipeline writes. @member isOfErrors whether it writes only when its tasks fail */
type Output = Resource & { readonly isOfErrors: boolean }

/**
 * The fault of a pipeline that completes a cycle with others: each writes what the next one reads, so that
 * they would start each other without end. Errors of tasks count too: a task that always fails would start
 * such a cycle again each time. Tables that only a handler names are not known here.
 */
export function faultOfCycle(
  declaration: PipelineDeclaration,
  others: readonly PipelineDeclaration[],
): RuleFault | undefined {
  const input = inputOf(declaration)
  if (input === undefined) return undefined
  const cycle = cycleOf({ start: declaration, input }, others)
  if (cycle === undefined) return undefined
  const [first, ...next] = cycle
  const parts = next.map(({ name, output }) => `"${name}" reads it and writes ${output}`)
  const way = [`"${first?.name}" writes ${first?.output}`, ...parts, `"${first?.name}" reads it`]
  const key = input.kind === 'table' ? 'reads.table' : 'from.topic'
  const path = input.kind === 'table' ? ['reads', 'table'] : ['from', 'topic', 'name']
  const sentence = `the pipelines would start each other without end: ${way.join(', ')}`
  return {
    path,
    message: `${key}: ${sentence}. Let one of them read or write another ${input.kind}.`,
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
          if (reached.has(next.name) || !isSame(output, inputOf(next))) continue
          reached.add(next.name)
          longer.push({ last: next, steps: way })
        }
      }
    }
    ways = longer
  }
  return undefined
}

/** What starts work of the pipeline: records of a topic, or late rows of a table. */
function inputOf(declaration: PipelineDeclaration): Resource | undefined {
  const topic = topicOf(declaration)
  if (topic !== undefined) return { kind: 'topic', name: topic }
  if (!isTaskDeclaration(declaration) || declaration.source.kind !== 'schedule') return undefined
  const { reads } = declaration.source
  return reads && { kind: 'table', name: reads.table }
}

function outputsOf(declaration: PipelineDeclaration): Output[] {
  const table = ownTableOf(declaration)
  const outputs: Output[] = table === undefined ? [] : [rows({ kind: 'table', name: table })]
  if (!isTaskDeclaration(declaration)) return outputs
  const { to, errors } = declaration
  if (to.kind === 'topic') outputs.push(rows({ kind: 'topic', name: to.topic }))
  if (errors !== undefined) outputs.push({ kind: 'topic', name: errors, isOfErrors: true })
  return outputs
}

const rows = (resource: Resource): Output => ({ ...resource, isOfErrors: false })

const describe = ({ kind, name, isOfErrors }: Output): string =>
  `${isOfErrors ? 'its errors to ' : ''}the ${kind} "${name}"`

const isSame = (left: Resource, right: Resource | undefined): boolean =>
  left.kind === right?.kind && left.name === right.name
