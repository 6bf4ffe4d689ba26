import type { JaasSection } from '../../../topology/logins/jaas.ts'
import { jaasText, secretsOf } from '../../../topology/logins/jaas.ts'
import type { SecretName } from '../../../topology/placement.ts'
import { secretFolder } from '../../placement.ts'

/** The Java option that names the JAAS file of a server. The folder is empty after each start. */
const jaasFile = '/tmp/jaas.conf'
export const jaasOption = `-Djava.security.auth.login.config=${jaasFile}`

const secretFile = (secret: SecretName): string => `${secretFolder(secret)}/secret`

/**
 * The entrypoint of a server whose data other users of the machine or of the container must not read: the
 * folder of its volume and every new file belong to its user alone. If chmod fails, the container's log
 * says so. The JAAS file is made from the secrets, which must not be on a command line.
 *
 * @param folder the mount path of the volume
 * @param program the program of the image, with its first arguments
 * @param logins the logins of the server
 */
export function privateEntrypoint(
  folder: string,
  program: readonly string[],
  logins: readonly JaasSection[],
): string[] {
  const haveSecrets = secretsOf(logins).map((secret) => `[ -s ${secretFile(secret)} ]`)
  const jaas = jaasText(logins, (secret) => `$(cat ${secretFile(secret)})`)
  // `$0` is the folder, and the arguments are the program.
  const script = [
    'umask 077',
    'chmod go-rwx "$0"',
    [...haveSecrets, `cat > ${jaasFile} <<END`].join(' && '),
    `${jaas}END`,
    `[ -s ${jaasFile} ] && exec "$@"`,
  ].join('\n')
  return ['sh', '-c', script, folder, ...program]
}
