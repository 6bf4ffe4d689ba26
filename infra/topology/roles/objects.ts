import { addressText } from '../addresses.ts'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { bucketKeys } from '../environment.ts'
import type { RoleFile } from '../role-file.ts'

/** Path of the health check. The name of a bucket cannot begin with a hyphen. */
const healthPath = '/-health'

/** Path of the web page. Names of buckets have at least three characters. */
export const webPath = '/ui'

/**
 * versitygw, an S3 server, keeps the bucket in a volume. It runs only in containers. With processes, the
 * bucket is a folder. With `objects.endpoint` the bucket is on another server.
 */
export const objects: RoleFile = {
  name: 'objects',
  instances: (config) => (usesOwnServer(config) ? 1 : 0),
  onlyIn: 'containers',
  needs: [],
  stop: { rank: 6, graceMs: 3_000 },
  ports: {
    main: {
      container: 7070,
      host: ({ objects }) => objects.hostPort,
      key: 'objects.hostPort',
    },
  },
  image: { from: 'versitygw', isBuilt: true },
  memoryBesideHeapMegabytes: 512,
  userFiles: bucketKeys,
  volume: { path: '/data' },
  watch: { port: 'main', path: () => healthPath },
  plan: ({ config, placement }) => ({
    // versitygw reads its options from these variables.
    env: {
      VGW_PORT: addressText(placement.listen(objects.name, 0, 'main')),
      VGW_REGION: config.objects.region,
      VGW_HEALTH: healthPath,
      VGW_WEBUI_S3_PREFIX: webPath,
      VGW_WEBUI_GATEWAYS: objectsAddress(config),
      VGW_KEEP_ALIVE: 'true',
      // Without it, versitygw logs a line for each request.
      VGW_QUIET: 'true',
      VGW_MAX_REQUESTS: '512',
      // The garbage collector of Go works harder near this limit.
      GOMEMLIMIT: '400MiB',
    },
    ready: {
      kind: 'http',
      address: placement.reach(objects.name, 0, 'main'),
      path: healthPath,
    },
  }),
}

/** Whether the platform has its own bucket: in its S3 server, or in a folder. */
export function usesOwnServer({ files, objects }: PlatformConfig): boolean {
  return files.enabled && objects.endpoint === ''
}

/** The names of the random keys for the S3 server in a container. */
export function generatedKeyNames(config: PlatformConfig): string[] {
  return usesOwnServer(config) ? bucketKeys(config).map(({ name }) => name) : []
}

/** The URL of the S3 server in a container, for this machine. */
export function objectsAddress({ objects }: PlatformConfig): string {
  return `http://localhost:${objects.hostPort}`
}
