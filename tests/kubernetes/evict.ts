import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import type { ClusterPlatform } from './cluster-platform.ts'

/** Asks the API server to evict a pod, as `kubectl drain` does. `refused`: a budget forbids it (status 429). */
export async function evict(
  platform: ClusterPlatform,
  pod: string,
): Promise<'evicted' | 'refused'> {
  using folder = new TemporaryFolder()
  const file = join(folder.path, 'eviction.json')
  const metadata = { name: pod, namespace: platform.name }
  writeFileSync(file, JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata }))
  const path = `/api/v1/namespaces/${platform.name}/pods/${pod}/eviction`
  try {
    await platform.kubectl('create', '--raw', path, '-f', file)
    return 'evicted'
  } catch (error) {
    if (/disruption budget/.test((error as Error).message)) return 'refused'
    throw error
  }
}
