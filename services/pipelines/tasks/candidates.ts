import type { TaskDeclaration } from '../declaration/task-declaration.ts'
import type { CandidatePipeline } from './choose-pipeline.ts'

/** The pipelines that a task can be made for, from their stored declarations. */
export function toCandidates(
  pipelines: readonly { readonly name: string; readonly declaration: unknown }[],
): CandidatePipeline[] {
  return pipelines.map(({ name, declaration }) => {
    const stored = declaration as Partial<TaskDeclaration> | null
    return { name, step: stored?.kind === 'task' ? stored.step : undefined }
  })
}
