import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf } from '../../infra/local/folders.ts'
import { chosenHome } from '../cli/user-paths.ts'

/** The clone. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const masterConfig = join(root, 'config.master.json')

/** The folders of the platform of this clone. */
export function folders(): Folders {
  return foldersOf(root, chosenHome())
}

export function javaProgram(): string {
  const home = process.env['JAVA_HOME']
  return home === undefined ? 'java' : join(home, 'bin', 'java')
}
