import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import express from 'express'
import type { Router } from 'express'
import { sendStaticFile, toStaticFile } from '../../adapters/http/files/static-file.ts'
import { allowOnly } from '../../adapters/http/routing.ts'

/**
 * `/docs`: Swagger UI for `/openapi.json`, served from the files of the swagger-ui-dist package, which are
 * read once.
 */

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>av-telemetry: API documentation</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const startScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null })`

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self'"

const files = [
  { name: 'swagger-ui.css', type: 'text/css; charset=utf-8' },
  { name: 'swagger-ui-bundle.js', type: 'text/javascript; charset=utf-8' },
]

export function docsRouter(): Router {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const router = express.Router()
  router
    .route('/')
    .get((_, response) => {
      response.set('content-security-policy', contentSecurityPolicy).type('html').send(page)
    })
    .all(allowOnly('GET'))
  router
    .route('/start.js')
    .get((_, response) => {
      response.type('js').send(startScript)
    })
    .all(allowOnly('GET'))
  for (const { name, type } of files) {
    const file = toStaticFile(readFileSync(join(folder, name)), type)
    router
      .route(`/${name}`)
      .get((request, response) => {
        response.set('cache-control', 'public, max-age=86400')
        sendStaticFile(request, response, file)
      })
      .all(allowOnly('GET'))
  }
  return router
}
