import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ServicePlan } from '../topology/service-plan.ts'

/** Writes the files of a plan where its service reads them; a service that reads meanwhile sees a whole file. */
export function writeGeneratedFiles({ files }: Pick<ServicePlan, 'files'>): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(path), { recursive: true })
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, content)
    renameSync(draft, path)
  }
}
