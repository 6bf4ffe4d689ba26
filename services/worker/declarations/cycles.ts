import { faultOfCycle } from '../../pipelines/cycle.ts'
import type { ParsedDeclaration } from '../../pipelines/declaration/parse-pipeline.ts'
import type { PipelineDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { Fault } from '../../pipelines/declaration/toml.ts'

/** @returns a sentence with its place if the declaration completes a cycle */
export function cycleFaults(
  { declaration, valueAt }: Omit<ParsedDeclaration, 'ok'>,
  others: readonly PipelineDeclaration[],
): string[] {
  const fault = faultOfCycle(declaration, others)
  if (fault === undefined) return []
  return [toSentence({ ...valueAt(fault.path), message: fault.message })]
}

/** A fault with its place. */
export const toSentence = ({ line, column, message }: Fault): string =>
  `line ${line}, column ${column}: ${message}`
