import { resolve } from 'node:path'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { RoleUserFile } from '../topology/role-file.ts'
import { userFilesOf } from '../topology/role-registry.ts'
import { authoritiesFault } from './authorities.ts'
import { certificateFault } from './certificate.ts'
import { mapFileFault } from './map-file.ts'
import { keyFileFault, tokenFileFault } from './token-file.ts'
import { folderFault } from './folder.ts'
import { InputError } from './user-error.ts'

/**
 * Checks the files that the configuration names: tokens, keys, certificates, map tiles and folders.
 *
 * @param root the clone, to which their paths are relative
 * @throws InputError with one sentence for each file that cannot be used
 */
export function checkUserFiles(config: PlatformConfig, root: string): void {
  const given = userFilesOf(config).filter(({ path }) => path !== '')
  const faults = given.flatMap(({ key, path, format }) => {
    const fault = faultOf[format](resolve(root, path))
    return fault === undefined ? [] : [`${key}: ${fault}`]
  })
  const certificate = certificateFault(config, (path) => resolve(root, path))
  if (certificate !== undefined) faults.push(certificate)
  if (faults.length > 0) throw new InputError(faults.join('\n'))
}

/** What is wrong with a file; the check depends on its format. */
const faultOf: Readonly<Record<RoleUserFile['format'], (file: string) => string | undefined>> = {
  token: tokenFileFault,
  key: keyFileFault,
  authorities: authoritiesFault,
  pmtiles: mapFileFault,
  folder: folderFault,
}
