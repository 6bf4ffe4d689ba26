import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'
import { registryProgram, unpackRegistry } from '../../scripts/setup/kubernetes.mjs'
import { folder } from '../../scripts/test/kubernetes/addresses.ts'
import { until } from '../support/until.ts'

/**
 * Starts a registry on this machine. It ends with the cluster that the tests have started. Docker and containerd use
 * HTTP for an address of loopback.
 *
 * @returns its address, e.g. `127.0.0.1:30000`
 */
export async function startRegistry(): Promise<string> {
  await unpackRegistry()
  const address = `127.0.0.1:${await freeRun(1)}`
  const settings = join(folder, 'registry.json')
  const storage = { filesystem: { rootdirectory: join(folder, 'registry') } }
  writeFileSync(settings, JSON.stringify({ version: '0.1', storage, http: { addr: address } }))
  spawn(registryProgram, ['serve', settings], { detached: true, stdio: 'ignore' }).unref()
  const isReady = async () => (await fetch(`http://${address}/v2/`)).ok
  await until('the registry answers', isReady)
  return address
}
