import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Creates or changes objects of the cluster. */
export async function applyObjects(objects: readonly object[]): Promise<void> {
  const child = spawn('kubectl', ['apply', '-f', '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error('kubectl apply failed')
}
