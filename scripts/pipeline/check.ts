import { resolve } from 'node:path'
import { InputError } from '../../infra/checks/user-error.ts'
import type { PipelineDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import type { DeclarationFile } from '../../services/worker/declarations/read-folder.ts'
import {
  DeclarationFolder,
  readDeclaration,
  refuseCycles,
} from '../../services/worker/declarations/read-folder.ts'
import { print, printJson } from '../cli/output.ts'
import { userPath } from '../cli/user-paths.ts'
import { root } from '../platform/paths.ts'
import { configOf } from '../platform/running-platform.ts'
import { describeSource, describeTarget } from './describe-tasks.ts'
import type { PipelineRequest } from './request.ts'

type CheckRequest = Extract<PipelineRequest, { kind: 'check' }>

/** Checks declarations without a running platform. @returns exit code 1 if one of them has a fault */
export async function check(request: CheckRequest): Promise<number> {
  const files = await readFiles(request)
  if (request.json) printJson(files.map(toJson))
  else for (const file of files) print(describe(file))
  return files.every(({ parsed }) => parsed.ok) ? 0 : 1
}

async function readFiles({ files, choice }: CheckRequest): Promise<DeclarationFile[]> {
  if (files.length > 0) return refuseCycles(files.map((file) => readDeclaration(userPath(file))))
  const { folder } = configOf(choice).worker
  if (folder === '') {
    throw new InputError(
      'worker.folder is not set, so there are no declarations. Name the files to check: npm run pipeline -- check FILE',
    )
  }
  const path = resolve(root, folder)
  return new DeclarationFolder(path).read().catch((error: unknown) => {
    throw new InputError((error as Error).message)
  })
}

function describe({ path, parsed }: DeclarationFile): string {
  if (!parsed.ok) return parsed.faults.map((fault) => `${path}: ${fault}`).join('\n')
  const { declaration } = parsed
  const valid = `${path}: pipeline ${declaration.name} is valid (${summaryOf(declaration)})`
  const notes = notesOf(parsed.declaration).map((note) => `${path}: note: ${note}`)
  return [valid, ...notes].join('\n')
}

function toJson({ path, parsed }: DeclarationFile): object {
  if (!parsed.ok) return { file: path, isValid: false, faults: parsed.faults, notes: [] }
  const notes = notesOf(parsed.declaration)
  return { file: path, isValid: true, pipeline: parsed.declaration.name, faults: [], notes }
}

function summaryOf(declaration: PipelineDeclaration): string {
  if (isTaskDeclaration(declaration))
    return `${describeSource(declaration)}, ${describeTarget(declaration)}`
  return `topic ${declaration.topic.name}, table ${declaration.table.name}`
}

/** What a valid declaration promises less than others. */
function notesOf(declaration: PipelineDeclaration): string[] {
  if (isTaskDeclaration(declaration) || declaration.table.key.length > 0) return []
  return [
    'to.table has no key, so every record adds a row, also a record that its sender repeats. If the topic is deleted and created again, the pipeline stops until you decide where it continues (npm run pipeline -- resume). With a key, repeated records are recognized.',
  ]
}
