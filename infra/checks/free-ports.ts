import { createServer } from 'node:net'
import type { HostPort } from '../topology/host-ports.ts'

type Reason = 'in-use' | 'not-permitted' | 'no-such-address'

/** A port on which the platform cannot listen now. */
export type PortFault = {
  readonly reason: Reason
  /** Which service needs the port, and which key changes it. */
  readonly sentence: string
}

/** The reason by the error code of `listen` (POSIX, bind and socket). */
const reasons: ReadonlyMap<string | undefined, Reason> = new Map([
  ['EADDRINUSE', 'in-use'],
  ['EACCES', 'not-permitted'],
  ['EADDRNOTAVAIL', 'no-such-address'],
  ['EAFNOSUPPORT', 'no-such-address'],
])

const sentences: Readonly<Record<Reason, (port: HostPort) => string>> = {
  'in-use': ({ port, key, holder }) => {
    const remedy = key === undefined ? '' : `, or choose another port with --set ${key}=PORT`
    return `Port ${port}, which ${holder} needs, is in use. Stop the program that uses it${remedy}.`
  },
  'not-permitted': ({ port, key, holder }) => {
    const remedy = key === undefined ? '' : ` Choose a port above 1023 with --set ${key}=PORT.`
    return `This user may not open port ${port}, which ${holder} needs.${remedy}`
  },
  'no-such-address': ({ host, hostKey, holder }) => {
    const remedy = hostKey === undefined ? 'Add it' : `Choose another with --set ${hostKey}=ADDRESS`
    return `This machine has no address ${host}, on which ${holder} should listen. ${remedy}.`
  },
}

/** The ports of this machine on which the platform cannot listen, in their order. */
export async function findPortFaults(ports: readonly HostPort[]): Promise<PortFault[]> {
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
