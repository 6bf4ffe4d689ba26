import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { StaticFile } from '../adapters/http/files/static-file.ts'
import { toStaticFile } from '../adapters/http/files/static-file.ts'

/** The page's files by URL path, including `/`. Only these files are served. */
export type PageFiles = ReadonlyMap<string, StaticFile>

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}

/** In a bundle, too, the page's files are in the folder `page` next to the code. */
const folder = fileURLToPath(new URL('./page/', import.meta.url))

/**
 * Reads all files of the page into memory, a few megabytes. So a request needs no disk access, and
 * its path is never used as a file path.
 */
export function readPageFiles(root = folder): PageFiles {
  const files = new Map<string, StaticFile>()
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const file = join(entry.parentPath, entry.name)
    files.set(`/${relative(root, file)}`, toStaticFile(readFileSync(file), type))
  }
  const index = files.get('/index.html')
  if (index === undefined)
    throw new Error(`The page's index.html is missing in ${root}. Build the page first.`)
  return files.set('/', index)
}
