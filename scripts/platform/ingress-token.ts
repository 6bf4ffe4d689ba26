import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { root } from './paths.ts'

/** The bearer token that POST must send, if one is configured. */
export function tokenOf({ ingress }: PlatformConfig): string | undefined {
  if (ingress.tokenFile === '') return undefined
  return readFileSync(resolve(root, ingress.tokenFile), 'utf8').trim()
}
