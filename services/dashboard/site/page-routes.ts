import type { RequestHandler } from 'express'
import { Router } from 'express'
import type { PageFile, PageFiles } from '../page-files.ts'

/** Hands out the page's files; whatever else is asked for goes on to the next handler. */
export function pageRoutes(files: PageFiles, policy: string): Router {
  const router = Router()
  router.get(/.*/, sendFile(files, policy))
  return router
}

/**
 * What the page may load: what the dashboard itself serves, and tiles from where the configuration says.
 *
 * @param tilesUrl the template of the tiles' addresses, if there is one
 */
export function pagePolicy(tilesUrl: string | undefined): string {
  const tiles = tilesUrl === undefined ? '' : ` ${new URL(tilesUrl).origin}`
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "worker-src 'self'",
    `connect-src 'self'${tiles}`,
    `img-src 'self' data: blob:${tiles}`,
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const policed = /^text\/(html|javascript)/

function sendFile(files: PageFiles, policy: string): RequestHandler {
  return (request, response, next) => {
    const file = files.get(request.path)
    if (file === undefined) {
      next()
      return
    }
    // The files keep their names from version to version: asked each time, sent when changed.
    response.set({ etag: file.etag, 'cache-control': 'no-cache', vary: 'accept-encoding' })
    // Of scripts as well: a worker obeys the policy that it came with, not that of the page.
    if (policed.test(file.type)) response.set('content-security-policy', policy)
    if (request.headers['if-none-match'] === file.etag) {
      response.status(304).end()
      return
    }
    const { body, encoding } = inEncoding(file, request.acceptsEncodings('gzip') === 'gzip')
    if (encoding !== undefined) response.set('content-encoding', encoding)
    response.writeHead(200, { 'content-type': file.type, 'content-length': body.length })
    response.end(body)
  }
}

function inEncoding({ body, gzipped }: PageFile, takesGzip: boolean) {
  return takesGzip && gzipped !== undefined
    ? { body: gzipped, encoding: 'gzip' }
    : { body, encoding: undefined }
}
