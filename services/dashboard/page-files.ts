import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** A file of the page with its response headers. */
export type PageFile = {
  readonly type: string
  readonly body: Buffer
  /** The gzipped body; undefined if it is not at least 10 % smaller. */
  readonly gzipped: Buffer | undefined
  readonly etag: string
}

/** The page's files by URL path, including `/`. Only these files are served. */
export type PageFiles = ReadonlyMap<string, PageFile>

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
  const files = new Map<string, PageFile>()
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const file = join(entry.parentPath, entry.name)
    files.set(`/${relative(root, file)}`, toPageFile(readFileSync(file), type))
  }
  const index = files.get('/index.html')
  if (index === undefined)
    throw new Error(`The page's index.html is missing in ${root}. Build the page first.`)
  return files.set('/', index)
}

function toPageFile(body: Buffer, type: string): PageFile {
  const gzipped = gzipSync(body)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return {
    type,
    body,
    gzipped: gzipped.length < body.length * 0.9 ? gzipped : undefined,
    etag: `"${hash}"`,
  }
}
