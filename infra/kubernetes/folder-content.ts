import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../checks/user-error.ts'

/** A file of the user as an object of the cluster keeps it. */
export type FileContent = {
  /** Its key in the object, in which only some characters are allowed. */
  readonly key: string
  /** Its path in the folder. */
  readonly path: string
  /** Text, or base64 if it is not UTF-8. */
  readonly content: string
  readonly isText: boolean
}

/** An object of the cluster holds at most 1 MiB (Kubernetes documentation, ConfigMaps); the rest is for metadata. */
const maxBytes = 1_000_000

/**
 * The files of a folder and of its subfolders. Names that begin with a dot are left out.
 *
 * @throws UserError if they are too large for an object of the cluster
 */
export function readFolder(folder: string): FileContent[] {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !path.split('/').some((name) => name.startsWith('.')))
    .sort()
  const files = paths.map((path, index) => toContent(join(folder, path), path, `file-${index}`))
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
  if (bytes <= maxBytes) return files
  throw new UserError(
    `The files of ${folder} have ${bytes} bytes; the cluster stores at most ${maxBytes}. Remove what is not needed, for example the folder node_modules.`,
  )
}

function toContent(file: string, path: string, key: string): FileContent {
  const bytes = readFileSync(file)
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text, 'utf8').equals(bytes)
  return { key, path, isText, content: isText ? text : bytes.toString('base64') }
}
