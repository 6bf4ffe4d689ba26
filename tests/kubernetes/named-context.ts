import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubectl } from '../../infra/kubernetes/cluster/kubectl.ts'

/**
 * From now on kubectl in this process and its children knows this context alone.
 *
 * @param folder for the file with the context
 */
export async function useContext(name: string, folder: string): Promise<void> {
  const view = ['--minify', '--flatten', '--raw', `--context=${name}`]
  const file = join(folder, 'kubeconfig')
  writeFileSync(file, await kubectl('config', 'view', ...view), { mode: 0o600 })
  process.env['KUBECONFIG'] = file
}
