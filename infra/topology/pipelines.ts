import type { PlatformConfig } from '../config/config-schema.ts'
import type { Env } from './environment.ts'
import type { PlanContext, RoleFile } from './role-file.ts'
import type { GeneratedFile } from './service-plan.ts'

/** A pipeline, as in the file `PIPELINES_FILE`. */
type Pipeline = {
  readonly name: string
  /** The topic that it reads. */
  readonly topic: string
  /** The table that it writes. */
  readonly table: string
  /** The consumer group under which it reads. */
  readonly group: string
}

const fileName = 'pipelines.json'

/** The pipelines of a configuration: only the readings. */
function pipelinesOf({ kafka, postgres }: PlatformConfig): Pipeline[] {
  const { topic } = kafka
  return [{ name: 'readings', topic, table: postgres.table, group: `av-telemetry-${topic}` }]
}

type Context = Pick<PlanContext, 'config' | 'placement'>

/** The files that the topology writes for a role. */
export function generatedFiles(role: RoleFile, context: Context): GeneratedFile[] {
  return role.knowsPipelines ? [pipelinesFile(context)] : []
}

/** The content of `PIPELINES_FILE`: the pipelines as JSON. */
function pipelinesFile({ config, placement }: Context): GeneratedFile {
  const content = `${JSON.stringify(pipelinesOf(config), null, 2)}\n`
  return { name: fileName, path: placement.generatedFile(fileName), content }
}

/** The variable `PIPELINES_FILE`, for roles with `knowsPipelines`. */
export function pipelinesEnv(role: RoleFile, { placement }: Context): Env {
  return role.knowsPipelines ? { PIPELINES_FILE: placement.generatedFile(fileName) } : {}
}
