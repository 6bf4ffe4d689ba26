import { expect } from 'chai'
import { readConfig as readFleet } from '../../fleet/config.ts'
import { ConfigError, toConfig } from '../../infra/config/config.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { readConfig as readIngress } from '../../services/ingress/config.ts'
import { aPlatform } from '../unit/infra/a-platform.ts'
import { schemaKeys } from './schema-keys.ts'

/** Configuration sections whose values a service validates again without reading a file. */
const readers: readonly (readonly [section: string, Role, (source: object) => unknown])[] = [
  // The file of the token exists only while a platform runs.
  ['fleet', 'fleet', (source) => readFleet({ ...source, FLEET_TOKEN_FILE: undefined })],
  ['producer', 'ingress', (source) => readIngress({ ...source })],
]

function setAt(path: string, value: number): object {
  const [key = '', ...rest] = path.split('.')
  return { [key]: rest.length === 0 ? value : setAt(rest.join('.'), value) }
}

/** Whether the configuration accepts the value; ports and counts may conflict. */
function isAllowed(tree: object): boolean {
  try {
    toConfig(tree)
    return true
  } catch (error) {
    if (error instanceof ConfigError) return false
    throw error
  }
}

describe('services accept every minimum and maximum of the configuration', () => {
  for (const [section, role, readConfig] of readers) {
    for (const { path, minimum, maximum } of schemaKeys()) {
      if (!path.startsWith(`${section}.`)) continue
      for (const value of [minimum, maximum]) {
        if (value === undefined || !isAllowed(setAt(path, value))) continue
        it(`the ${role} accepts ${path}=${value}`, () => {
          // With TLS every platform has an ingress.
          const tree = { ...setAt(path, value), ingress: { tls: { selfSigned: true } } }
          for (const { env } of aPlatform(tree).of(role)) {
            const PROXY_SECRET_FILE = import.meta.filename
            expect(() => readConfig({ ...env, PROXY_SECRET_FILE })).to.not.throw()
          }
        })
      }
    }
  }
})
