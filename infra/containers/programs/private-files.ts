import type { JaasSection } from '../../topology/logins/jaas.ts'
import { jaasText, secretsOf } from '../../topology/logins/jaas.ts'
import type { SecretName } from '../../topology/placement.ts'
import { secretFolder } from '../placement.ts'
import type { ContainerTarget } from './program.ts'

/** The JAAS file of a server. The folder is empty after each start. */
const jaasFile = '/tmp/jaas.conf'
/** Security properties of Java. They are added to those of the image. */
const securityFile = '/tmp/java.security'

/** The Java options that name the files which `privateEntrypoint` writes. */
export function javaOptions(target: ContainerTarget): string {
  const jaas = `-Djava.security.auth.login.config=${jaasFile}`
  return target === 'kubernetes' ? `${jaas} -Djava.security.properties=${securityFile}` : jaas
}

const secretFile = (secret: SecretName): string => `${secretFolder(secret)}/secret`

export type PrivateServer = {
  /** The mount path of its volume. */
  readonly folder: string
  /** The program of the image, with its first arguments. */
  readonly program: readonly string[]
  /** The logins of the server. */
  readonly logins: readonly JaasSection[]
  readonly target: ContainerTarget
}

/**
 * The entrypoint of a server whose data other users of the machine or of the container must not read: the
 * folder of its volume and every new file belong to its user alone. If chmod fails, the container's log
 * says so. The JAAS file is made from the secrets, which must not be on a command line.
 */
export function privateEntrypoint({ folder, program, logins, target }: PrivateServer): string[] {
  const haveSecrets = secretsOf(logins).map((secret) => `[ -s ${secretFile(secret)} ]`)
  const jaas = jaasText(logins, (secret) => `$(cat ${secretFile(secret)})`)
  // `$0` is the folder, and the arguments are the program.
  const script = [
    'umask 077',
    ...(target === 'kubernetes' ? inPod : ['chmod go-rwx "$0"']),
    [...haveSecrets, `cat > ${jaasFile} <<END`].join(' && '),
    `${jaas}END`,
    `[ -s ${jaasFile} ] && exec "$@"`,
  ].join('\n')
  return ['sh', '-c', script, folder, ...program]
}

/**
 * The node makes the folder of a pod's volume (`subPath`), so it belongs to root, and its mode can and need not be
 * changed. A pod that is replaced has another address, which Java would otherwise remember for 30 s, and for 10 s
 * that there is none. Java has a system property only for the first of them (its class InetAddressCachePolicy).
 */
const inPod = [
  '[ ! -O "$0" ] || chmod go-rwx "$0"',
  `printf 'networkaddress.cache.ttl=5\\nnetworkaddress.cache.negative.ttl=1\\n' > ${securityFile}`,
]
