import express from 'express'
import type { Express } from 'express'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { errorFields } from '../../runtime/logger.ts'
import { acceptedHostsAt } from './guard.ts'
import { sendJson, sendProblem, sendText } from './problem.ts'
import type { ListenAddress, RunningServer } from './server.ts'
import { listen } from './server.ts'

/** Whether a service can do its work. `reason` is a text for operators. */
export type Readiness = { readonly ready: boolean; readonly reason?: string }

type OpsOptions = {
  readonly registry: Registry
  readonly readiness: () => Readiness
  /** Further paths of the service, and what they return as JSON. */
  readonly lists?: Readonly<Record<string, () => object>>
}

/**
 * Serves the port of health and metrics. In a container it listens on all addresses, and other services reach it
 * by the name or the address of the container.
 */
export function listenForOps(options: OpsOptions, address: ListenAddress): Promise<RunningServer> {
  const accepted = acceptedHostsAt(address.host)
  return listen(opsApp(options), address, { hosts: accepted === '*' ? 'private' : accepted })
}

/** The endpoints `/healthz`, `/readyz` and `/metrics`, for the operations port of a service. */
export function opsApp({ registry, readiness, lists = {} }: OpsOptions): Express {
  addReadinessGauge(registry, readiness)
  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_, response) => {
    sendJson(response, 200, { alive: true })
  })
  app.get('/readyz', (_, response) => {
    const state = readiness()
    sendJson(response, state.ready ? 200 : 503, state)
  })
  app.get('/metrics', async (_, response) => {
    try {
      const text = await registry.metrics()
      sendText(response, text, { status: 200, headers: { 'content-type': registry.contentType } })
    } catch (error) {
      const { error: detail } = errorFields(error)
      sendProblem(response, { status: 500, title: 'Metrics cannot be read', detail })
    }
  })
  for (const [path, read] of Object.entries(lists))
    app.get(path, (_, response) => {
      sendJson(response, 200, read())
    })
  app.use((_, response) => {
    const detail = 'This port serves /healthz, /readyz and /metrics.'
    sendProblem(response, { status: 404, title: 'Not found', detail })
  })
  return app
}

function addReadinessGauge(registry: Registry, readiness: () => Readiness): void {
  new Gauge({
    name: 'telemetry_ready',
    help: '1 if /readyz returns 200, 0 if it returns 503.',
    registers: [registry],
    collect() {
      this.set(readiness().ready ? 1 : 0)
    },
  })
}
