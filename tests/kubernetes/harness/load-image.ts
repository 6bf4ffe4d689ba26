import { runProgram } from '../../docker/base-images/run-program.ts'

/** The socket of the containerd of a cluster that the tests have started; undefined on another cluster. */
const socket = process.env['AV_TELEMETRY_TEST_CONTAINERD']

/** Gives an image of the engine to the nodes: copies it to the node of the test cluster, or pushes it. */
export async function giveToNodes(name: string): Promise<void> {
  if (socket === undefined) {
    await runProgram('docker', ['push', name])
    return
  }
  const ctr = ['--address', socket, '--namespace', 'k8s.io', 'images']
  const reference = name.includes('/') ? name : `library/${name}`
  const full = /^[^/]*[.:]/.test(reference) ? reference : `docker.io/${reference}`
  const present = await runProgram('ctr', [...ctr, 'list', '--quiet', `name==${full}`])
  // The name of an image of ours contains its content.
  if (present !== '') return
  const copy = 'docker save "$0" | "$@" import -'
  await runProgram('bash', ['-o', 'pipefail', '-c', copy, name, 'ctr', ...ctr])
}
