import { expect } from 'chai'
import { readConfig as readFleet } from '../../fleet/config.ts'
import { ConfigError, toConfig } from '../../infra/config/config.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { readConfig as readIngress } from '../../services/ingress/config.ts'
import { aPlatform } from '../unit/infra/a-platform.ts'
import { schemaKeys } from './schema-keys.ts'

/** The keys whose value a service checks again without needing a file. */
const readers: readonly (readonly [section: string, Role, (source: object) => unknown])[] = [
  ['fleet', 'fleet', (source) => readFleet({ ...source })],
  ['producer', 'ingress', (source) => readIngress({ ...source })],
]

function setAt(path: string, value: number): object {
  const [key = '', ...rest] = path.split('.')
  return { [key]: rest.length === 0 ? value : setAt(rest.join('.'), value) }
}

/** Whether the configuration takes the value; ports and counts may exclude each other. */
function isAllowed(tree: object): boolean {
  try {
    toConfig(tree)
    return true
  } catch (error) {
    if (error instanceof ConfigError) return false
    throw error
  }
}

describe('every number that the configuration allows is one that the services take', () => {
  for (const [section, role, readConfig] of readers) {
    for (const { path, minimum, maximum } of schemaKeys()) {
      if (!path.startsWith(`${section}.`)) continue
      for (const value of [minimum, maximum]) {
        if (value === undefined || !isAllowed(setAt(path, value))) continue
        it(`${path}=${value}`, () => {
          for (const { env } of aPlatform(setAt(path, value)).of(role)) {
            expect(() => readConfig(env)).to.not.throw()
          }
        })
      }
    }
  }
})
