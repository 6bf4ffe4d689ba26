import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import express from 'express'
import type { Router } from 'express'

/**
 * `/docs`: Swagger UI for `/openapi.json`, served from the files of the swagger-ui-dist package.
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

const files = ['swagger-ui.css', 'swagger-ui-bundle.js']

export function docsRouter(): Router {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const router = express.Router()
  router.get('/', (_, response) => {
    response.set('content-security-policy', contentSecurityPolicy).type('html').send(page)
  })
  router.get('/start.js', (_, response) => {
    response.type('js').send(startScript)
  })
  for (const file of files) {
    router.get(`/${file}`, (_, response) => {
      response.sendFile(file, { root: folder, maxAge: '1d' })
    })
  }
  return router
}
