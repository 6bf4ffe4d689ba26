import type { TaskDeclaration } from '../declaration/task-declaration.ts'
import type { CandidatePipeline } from './choose-pipeline.ts'

/** The declaration of tasks in a stored JSON value; undefined if the records become rows, and after a reset. */
export function storedTasksOf(stored: unknown): TaskDeclaration | undefined {
  const { kind } = (stored ?? {}) as { readonly kind?: unknown }
  return kind === 'task' ? (stored as TaskDeclaration) : undefined
}

/** The pipelines that a task can be made for, from their stored declarations. */
export function toCandidates(
  pipelines: readonly { readonly name: string; readonly declaration: unknown }[],
): CandidatePipeline[] {
  return pipelines.map(({ name, declaration }) => ({
    name,
    step: storedTasksOf(declaration)?.step,
  }))
}
