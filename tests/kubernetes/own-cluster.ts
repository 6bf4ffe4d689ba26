import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { toConfig } from '../../infra/config/config.ts'
import { kubectl } from '../../infra/kubernetes/cluster/kubectl.ts'
import { folder } from '../../scripts/test/kubernetes/addresses.ts'
import { pauseImage } from '../../scripts/test/kubernetes/settings.ts'
import { isPulumiInstalled } from '../docker/pulumi-stack.ts'
import { builtPrograms } from '../../scripts/setup/kubernetes.mjs'
import { roleNames, roles } from '../../infra/topology/role-registry.ts'
import { runProgram } from '../docker/base-images/run-program.ts'
import { until } from '../support/until.ts'
import { applyObjects } from './apply-objects.ts'
import { nameServer, nameServerImage } from './name-server.ts'
import { giveToNodes } from './harness/load-image.ts'
import { startRegistry } from './registry.ts'
import { storage } from './storage.ts'

/** Whether `npm run test:kubernetes` has started the cluster. */
export const isOwnCluster = process.env['AV_TELEMETRY_TEST_CONTAINERD'] !== undefined

const repository = 'av-telemetry-test'
/** For the harness. Nothing answers there: its images go from the engine into containerd. */
export const noRegistry = `registry.invalid/${repository}`
let registry = noRegistry

/** The registry to which Pulumi pushes the images. */
export const pulumiRegistry = (): string => registry

/** Volumes of a cluster. Each is used once. */
const volumes = 40

/** Gives a started cluster what a usual one has: images, a name server, and volumes. */
export async function prepareOwnCluster(): Promise<void> {
  await importProgram('pause', pauseImage)
  await importProgram('coredns', nameServerImage)
  const { images } = toConfig({})
  const unchanged = roleNames.filter((role) => !roles[role].image.isBuilt)
  for (const role of unchanged) await giveToNodes(images[roles[role].image.from])
  if (isPulumiInstalled()) registry = `${await startRegistry()}/${repository}`
  const paths = Array.from({ length: volumes }, (_, index) => join(folder, 'volumes', `${index}`))
  for (const path of paths) mkdirSync(path, { recursive: true })
  await applyObjects([...nameServer(), ...storage(paths)])
  const ready = ['--for=condition=Ready', '--timeout=120s']
  await until('the node is registered', async () => (await kubectl('get', 'nodes')) !== '', 60)
  await kubectl('wait', 'nodes', '--all', ...ready)
  const dns = ['--namespace=kube-system', 'rollout', 'status', 'deployment/coredns']
  await kubectl(...dns, '--timeout=120s')
}

/** Removes the images that only these tests use from the engine. */
export async function removeTestImages(): Promise<void> {
  const names = [`${noRegistry}/*`, `${registry}/*`, nameServerImage, pauseImage]
  const filters = names.map((name) => `--filter=reference=${name.replace('docker.io/', '')}`)
  const list = ['images', '--format', '{{.Repository}}:{{.Tag}}', ...filters]
  const images = (await runProgram('docker', list)).split('\n').filter((name) => name !== '')
  if (images.length > 0) await runProgram('docker', ['rmi', ...images])
}

/** Makes an image of a static program. */
async function importProgram(name: string, image: string): Promise<void> {
  const short = image.replace('docker.io/', '')
  const make = `tar -C "$0" -c "$1" | docker import --change 'ENTRYPOINT ["/${name}"]' - "$2"`
  await runProgram('bash', ['-o', 'pipefail', '-c', make, builtPrograms, name, short])
  await giveToNodes(short)
}
