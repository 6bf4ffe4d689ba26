import type { EnvironmentReader } from './env.ts'

/** A way from a topic into a table. */
export type Pipeline = {
  readonly name: string
  /** The topic that it reads. */
  readonly topic: string
  /** The table that it writes. */
  readonly table: string
  /** The consumer group under which it reads. */
  readonly group: string
}

const expected = 'a JSON file with the list of pipelines'
const keys = ['name', 'topic', 'table', 'group'] as const

/** What `PIPELINES_FILE` names; what is wrong with it is noted as a fault of the environment. */
export function readPipelinesEnv(env: EnvironmentReader): readonly Pipeline[] {
  const text = env.fileContent('PIPELINES_FILE', expected)
  if (text === '') return []
  const parsed = parsePipelines(text)
  if (typeof parsed !== 'string') return parsed
  env.expect(false, 'PIPELINES_FILE', `${expected}, but ${parsed}`)
  return []
}

/**
 * @param text JSON: a list with an object for each pipeline
 * @returns what is wrong, in words, where it cannot be used
 */
export function parsePipelines(text: string): readonly Pipeline[] | string {
  const entries = parseJson(text)
  if (!Array.isArray(entries)) return 'its content is not a JSON list'
  if (entries.length === 0) return 'it lists no pipeline'
  const pipelines: Pipeline[] = []
  for (const [index, entry] of entries.entries()) {
    const fault = faultOf(entry, pipelines)
    if (fault !== undefined) return `entry ${index + 1} ${fault}`
    const { name, topic, table, group } = entry as Pipeline
    pipelines.push({ name, topic, table, group })
  }
  return pipelines
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function faultOf(entry: unknown, before: readonly Pipeline[]): string | undefined {
  if (typeof entry !== 'object' || entry === null) return 'is not an object'
  const texts = entry as Record<string, unknown>
  const missing = keys.find((key) => typeof texts[key] !== 'string' || texts[key] === '')
  if (missing !== undefined) return `has no text "${missing}"`
  const name = texts['name'] as string
  return before.some((pipeline) => pipeline.name === name)
    ? `has the name "${name}" of an earlier one`
    : undefined
}
