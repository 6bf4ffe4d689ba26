/** Folder of kubectl and of the servers of Kubernetes, of CoreDNS and of the pause program. */
export const builtPrograms: string
/** Folder of etcd, containerd, runc and the network plugins, laid out as `/usr`. */
export const debianPrograms: string
/** Whether the programs are in the cache. */
export function isBuilt(): boolean
/** Why no cluster can be started here: sentences that say what is missing. Empty: one can be started. */
export function missingForCluster(): string[]
/** Installs what the cluster uses of the system. @throws SetupError with what is missing */
export function installSystemPrograms(): Promise<void>
/** Builds the programs into the cache. @throws SetupError with what failed */
export function buildPrograms(): Promise<void>
/** The program of the registry, after `unpackRegistry`. */
export const registryProgram: string
/** Unpacks the registry into the cache if it is missing. @throws SetupError with what failed */
export function unpackRegistry(): Promise<void>
