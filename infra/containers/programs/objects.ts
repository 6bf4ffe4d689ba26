import { tokensOf, secretFolder, volumePath } from '../placement.ts'
import type { ContainerProgram, ProgramContext } from './program.ts'
import { ourUser } from './program.ts'

/** The S3 server, versitygw. It keeps the bucket in its volume, with the metadata in extended attributes. */
export function objectsProgram({ plan, config }: ProgramContext): ContainerProgram {
  return {
    user: ourUser,
    entrypoint: ['sh', '-c', script, 'sh'],
    command: ['posix', volumePath('objects')],
    env: plan.env,
    secrets: tokensOf('objects', config),
  }
}

const keyFile = (name: string): string => `${secretFolder(name)}/secret`

/**
 * versitygw reads its keys from environment variables. The shell sets them, because the engine shows the
 * environment of a container. `exec` replaces the shell, so that versitygw gets SIGTERM.
 */
const script = [
  'umask 077',
  `ROOT_ACCESS_KEY=$(cat ${keyFile('s3-access-key')})`,
  `ROOT_SECRET_KEY=$(cat ${keyFile('s3-secret-key')})`,
  'export ROOT_ACCESS_KEY ROOT_SECRET_KEY',
  'exec versitygw "$@"',
].join(' && ')
