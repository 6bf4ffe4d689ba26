import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** A file of the page, ready to be sent. */
export type PageFile = {
  readonly type: string
  readonly body: Buffer
  /** The same for browsers that unpack it, which all do; undefined where it would not be smaller. */
  readonly gzipped: Buffer | undefined
  readonly etag: string
}

/** The page's files by their paths, `/` among them: what is not in here cannot be asked for. */
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

/** A bundle has the page's files in a folder beside itself. */
const folder = fileURLToPath(new URL('./page/', import.meta.url))

/** Reads the whole page: a few megabytes, which then need no disk and no path of a request. */
export function readPageFiles(root = folder): PageFiles {
  const files = new Map<string, PageFile>()
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)]
    if (!entry.isFile() || type === undefined) continue
    const file = join(entry.parentPath, entry.name)
    files.set(`/${relative(root, file)}`, toPageFile(readFileSync(file), type))
  }
  const index = files.get('/index.html')
  if (index === undefined) throw new Error(`the page is not in ${root}`)
  return files.set('/', index)
}

function toPageFile(body: Buffer, type: string): PageFile {
  const packed = gzipSync(body)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  return {
    type,
    body,
    gzipped: packed.length < body.length * 0.9 ? packed : undefined,
    etag: `"${hash}"`,
  }
}
