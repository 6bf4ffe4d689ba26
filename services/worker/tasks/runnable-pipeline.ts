import type { TaskRules } from '../../ledger/tasks/settlement.ts'
import type { TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { Handlers } from '../../tasks/handlers/handlers.ts'
import type { RunnablePipeline } from '../../tasks/runner/task-interfaces.ts'

/** What the declaration says about the ends of tasks. */
export function rulesOf({ to, retry, errors, source }: TaskDeclaration): TaskRules {
  return { to, retry, errors, topic: source.kind === 'topic' ? source.name : undefined }
}

export function toRunnable(
  declaration: TaskDeclaration,
  handlers: Pick<Handlers, 'run'>,
): RunnablePipeline {
  const { name, concurrency, timeoutMs } = declaration
  return {
    ...{ name, concurrency },
    rules: rulesOf(declaration),
    run: (task, cancel) => handlers.run(task, { timeoutMs, cancel }),
  }
}
