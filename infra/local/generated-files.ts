import { dirname } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { replaceFile } from '../../services/runtime/process/replace-file.ts'
import type { ServicePlan } from '../topology/service-plan.ts'

/** Writes the generated files of a plan. Each is replaced in one step, so a service never reads half a file. */
export function writeGeneratedFiles({ files }: Pick<ServicePlan, 'files'>): void {
  for (const { path, content } of files) {
    makePath(dirname(path))
    replaceFile(path, content, 0o600)
  }
}
