import { resolve } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import { userFilesOf } from '../topology/role-registry.ts'
import { readAuthorities } from './authorities.ts'
import { readTokenFile } from './token-file.ts'

/** The bearer tokens, keys and certificate authorities of the user by the name of their secret, in role order; undefined if none is configured. */
export type Tokens = Readonly<Record<string, string | undefined>>

/** @param root the clone, to which their paths are relative */
export function readTokens(config: PlatformConfig, root: string): Tokens {
  const secret = userFilesOf(config).filter(({ kind }) => kind === 'secret')
  return Object.fromEntries(
    secret.map(({ name, path, format }) => {
      if (path === '') return [name, undefined]
      const read = format === 'authorities' ? readAuthorities : readTokenFile
      return [name, read(resolve(root, path))]
    }),
  )
}
