import type { TaskStep } from '../../services/pipelines/declaration/task-declaration.ts'
import type { Tenant } from './tenant.ts'

/** Declares a pipeline of tasks in the database, as a worker would do it. No worker runs it. */
export async function declareTasks(
  tenant: Tenant,
  name: string,
  { progress, ...step }: TaskStep & { readonly progress?: string | undefined },
): Promise<void> {
  const declaration = {
    ...{ kind: 'task', name, isEnabled: true, source: { kind: 'api' }, step, concurrency: 4 },
    ...{ timeoutMs: 600_000, retry: { attempts: 3, firstMs: 1_000, longestMs: 60_000 } },
    ...{ to: { kind: 'none' }, progress },
  }
  await tenant.sql(
    'INSERT INTO pipeline (name, file, enabled, declaration) VALUES ($1, $2, true, $3)',
    [name, `/${name}.toml`, JSON.stringify(declaration)],
  )
}
