import type { RequestHandler } from 'express'
import { Router } from 'express'
import { sendStaticFile } from '../../adapters/http/files/static-file.ts'
import { allowOnly } from '../../adapters/http/routing.ts'
import type { PageFiles } from '../page-files.ts'

/** Serves the page's files. Any other path is passed to the next handler. */
export function pageRoutes(files: PageFiles, policy: string): Router {
  const router = Router()
  router
    .route(/.*/)
    .get(sendFile(files, policy))
    .all((request, response, next) => {
      if (files.has(request.path)) refuseOtherMethods(request, response, next)
      else next()
    })
  return router
}

/**
 * The content security policy: the page may load only from the dashboard and from the tile server.
 *
 * @param tilesUrl the template of the tile URLs; undefined without a tile server
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

const refuseOtherMethods = allowOnly('GET')
const typesWithPolicy = /^text\/(html|javascript)/

function sendFile(files: PageFiles, policy: string): RequestHandler {
  return (request, response, next) => {
    const file = files.get(request.path)
    if (file === undefined) {
      next()
      return
    }
    // File names are the same in every version, so browsers revalidate each file by its etag.
    response.set('cache-control', 'no-cache')
    // Also for scripts: the policy in the response of a worker's script applies to the worker, not the policy of the page.
    if (typesWithPolicy.test(file.type)) response.set('content-security-policy', policy)
    sendStaticFile(request, response, file)
  }
}
