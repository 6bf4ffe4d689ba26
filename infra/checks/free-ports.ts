import { createServer } from 'node:net'
import type { PlatformConfig } from '../config/config-schema.ts'
import type { HostPort } from '../topology/host-ports.ts'
import { hostPortsOf } from '../topology/host-ports.ts'

type Reason = 'in-use' | 'not-permitted' | 'no-such-address'

/** A port that cannot be listened on now. */
export type PortFault = {
  readonly reason: Reason
  /** Who wanted it, and the key that moves it. */
  readonly sentence: string
}

/** By the code of what `listen` fails with (POSIX, bind and socket). */
const reasons: ReadonlyMap<string | undefined, Reason> = new Map([
  ['EADDRINUSE', 'in-use'],
  ['EACCES', 'not-permitted'],
  ['EADDRNOTAVAIL', 'no-such-address'],
  ['EAFNOSUPPORT', 'no-such-address'],
])

const sentences: Readonly<Record<Reason, (port: HostPort) => string>> = {
  'in-use': ({ port, key, holder }) => {
    const remedy = key === undefined ? '' : `, or move ours with --set ${key}=PORT`
    return `Port ${port}, which ${holder} needs, is in use: stop what has it${remedy}.`
  },
  'not-permitted': ({ port, key, holder }) => {
    const remedy = key === undefined ? '' : `: move ours with --set ${key}=PORT, to one above 1023`
    return `Port ${port}, which ${holder} needs, may not be opened by this user${remedy}.`
  },
  'no-such-address': ({ host, hostKey, holder }) => {
    const remedy =
      hostKey === undefined ? 'give it one' : `choose one with --set ${hostKey}=ADDRESS`
    return `This machine has no address ${host}, on which ${holder} is to listen: ${remedy}.`
  },
}

/** What hinders the platform from listening on its ports of this machine, in their order. */
export async function portFaults(
  config: PlatformConfig,
  ports: readonly HostPort[] = hostPortsOf(config),
): Promise<PortFault[]> {
  const faults = await Promise.all(ports.map(faultOf))
  return faults.filter((fault) => fault !== undefined)
}

async function faultOf(port: HostPort): Promise<PortFault | undefined> {
  const error = await listenError(port)
  if (error === undefined) return undefined
  const reason = reasons.get(error.code)
  if (reason === undefined) throw error
  return { reason, sentence: sentences[reason](port) }
}

function listenError({ port, host }: HostPort): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(port, host, () => {
      server.close(() => {
        resolve(undefined)
      })
    })
  })
}
