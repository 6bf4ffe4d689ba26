import { until } from '../support/until.ts'
import type { ClusterPlatform } from './cluster-platform.ts'
import { isReady, roleOf } from './pod.ts'

/** The ids of the pods of a role, sorted. */
export async function podIds(platform: ClusterPlatform, role: string): Promise<string[]> {
  const pods = (await platform.pods()).filter((pod) => roleOf(pod) === role)
  return pods.map(({ metadata }) => metadata.uid).sort()
}

/**
 * Deletes a pod, and kills what still runs after a second. The object stays until its processes have ended:
 * otherwise a second server could use the same volume.
 */
async function killPod(platform: ClusterPlatform, name: string): Promise<void> {
  await platform.kubectl('delete', 'pod', name, '--grace-period=1', '--wait=false')
}

/** Kills one pod of a role. Returns when another one is ready in its place. */
export async function replaceOnePod(
  platform: ClusterPlatform,
  role: string,
  seconds: number,
): Promise<void> {
  const before = (await platform.pods()).filter((pod) => roleOf(pod) === role)
  const [killed] = before
  if (killed === undefined) throw new Error(`there is no pod of ${role}`)
  await killPod(platform, killed.metadata.name)
  const isReplaced = async (): Promise<boolean> => {
    const now = (await platform.pods()).filter((pod) => roleOf(pod) === role)
    const isGone = now.every(({ metadata }) => metadata.uid !== killed.metadata.uid)
    return isGone && now.length === before.length && now.every(isReady)
  }
  await until(`another pod of ${role} is ready`, isReplaced, seconds)
}
