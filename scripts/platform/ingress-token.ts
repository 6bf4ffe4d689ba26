import { resolve } from 'node:path'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { root } from './paths.ts'

/** The bearer token of the user for readings, if one is configured. */
export function configuredToken({ ingress }: PlatformConfig): string | undefined {
  if (ingress.tokenFile === '') return undefined
  return readTokenFile(resolve(root, ingress.tokenFile))
}
