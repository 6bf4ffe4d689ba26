import type { PlatformConfig } from '../../config/config-schema.ts'
import { addressText, producerIsIngress, speaksTls } from '../addresses.ts'
import type { Env } from '../environment.ts'
import { commonEnv, connectionsEnv, listenEnv } from '../environment.ts'
import type { PortName, UserFile } from '../placement.ts'
import type { PlanContext, RoleFile } from '../role-file.ts'
import { producer } from './producer.ts'
import { provision } from './provision.ts'

/** Where the container of the ingress speaks TLS. */
const tlsPort = 5443

/** The HTTP address of the platform. */
export const ingress: RoleFile = {
  name: 'ingress',
  instances: ({ ingress }) => ingress.instances,
  isReplaced: producerIsIngress,
  needs: [provision],
  stop: { rank: 2, graceMs: 4_000 },
  ports: {
    main: {
      // Also in `docker/images/haproxy.cfg`. Containers use plain HTTP, other machines TLS if it is configured.
      container: 5001,
      publishedContainer: (config) => (speaksTls(config) ? tlsPort : 5001),
      host: ({ ingress }) => ingress.hostPort,
      key: 'ingress.hostPort',
      hostAddress: ({ ingress }) => ({
        host: ingress.hostAddress,
        hostKey: 'ingress.hostAddress',
      }),
    },
  },
  isReachedByRole: true,
  secrets: ['proxy'],
  image: { from: 'haproxy', isBuilt: true },
  bundle: { main: 'services/ingress/main.ts' },
  memoryBesideHeapMegabytes: 512,
  watch: { port: 'main', path: ({ ingress }) => ingress.path },
  plan: (context) => ({
    env: {
      ...commonEnv(context),
      ...listenEnv('HTTP', context.placement.listen(ingress.name, 0, 'main')),
      ...connectionsEnv(context),
      PROXY_SECRET_FILE: context.placement.secretFile('proxy'),
      ...tlsEnv(context),
      PRODUCERS: producerAddresses(context, 'main'),
      PRODUCERS_OPS: producerAddresses(context, 'ops'),
    },
    ready: {
      kind: 'http',
      address: context.placement.reach(ingress.name, 0, 'main'),
      path: context.config.ingress.path,
    },
  }),
}

/** The folders with certificate and key. A mounted file would keep its content when it is replaced. */
export function certificateFolders({ ingress }: PlatformConfig): UserFile[] {
  const { certFile, keyFile } = ingress.tls
  if (certFile === '') return []
  return [
    { name: 'tls-certificate', path: split(certFile)[0], kind: 'mount' },
    { name: 'tls-key', path: split(keyFile)[0], kind: 'mount' },
  ]
}

/** For a service that checks the certificate of the ingress. The files are readable only on this machine. */
export function watchedTlsEnv(context: PlanContext): Env {
  const { placement, config } = context
  if (!speaksTls(config)) return {}
  const address = placement.reach(ingress.name, 0, 'main')
  if (placement.kind === 'containers')
    return { INGRESS_TLS_ADDRESS: addressText({ ...address, port: tlsPort }) }
  const { TLS_CERT_FILE = '', TLS_KEY_FILE = '' } = tlsEnv(context)
  return {
    INGRESS_TLS_ADDRESS: addressText(address),
    INGRESS_CERT_FILE: TLS_CERT_FILE,
    INGRESS_KEY_FILE: TLS_KEY_FILE,
  }
}

/** Folder and name of a file. */
function split(path: string): readonly [folder: string, name: string] {
  const end = path.lastIndexOf('/')
  if (end === -1) return ['.', path]
  return [path.slice(0, end) || '/', path.slice(end + 1)]
}

function tlsEnv({ config, placement }: PlanContext): Env {
  const { certFile, keyFile, minVersion } = config.ingress.tls
  const [certFolder, keyFolder] = certificateFolders(config).map(placement.userFile)
  const files =
    certFolder === undefined || keyFolder === undefined
      ? placement.ownCertificate()
      : {
          certFile: `${certFolder}/${split(certFile)[1]}`,
          keyFile: `${keyFolder}/${split(keyFile)[1]}`,
        }
  if (!speaksTls(config) || files === undefined) return {}
  return {
    TLS_CERT_FILE: files.certFile,
    TLS_KEY_FILE: files.keyFile,
    TLS_MIN_VERSION: minVersion,
  }
}

function producerAddresses({ config, placement }: PlanContext, port: PortName): string {
  const addresses = Array.from({ length: producer.instances(config) }, (_, instance) =>
    addressText(placement.reach(producer.name, instance, port)),
  )
  return addresses.join(',')
}
