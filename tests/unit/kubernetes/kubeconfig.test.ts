import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { kubeconfigFaults } from '../../../infra/kubernetes/cluster/kubeconfig.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('the variable KUBECONFIG', () => {
  it('may be missing, empty, or name one file', () => {
    for (const value of [undefined, '', '/home/me/.kube/config'])
      expect(kubeconfigFaults(value)).to.deep.equal([])
  })

  it('with several files is refused with a sentence, because Pulumi reads only one', () => {
    expect(kubeconfigFaults('/a/config:/b/config')).to.deep.equal([
      'KUBECONFIG is /a/config:/b/config, but Pulumi reads only one file. Join the files, and name the new one: kubectl config view --flatten > FILE, then export KUBECONFIG=FILE.',
    ])
  })

  it('may name a file whose path contains a colon', () => {
    using folder = new TemporaryFolder()
    const file = join(folder.path, 'a:b')
    writeFileSync(file, '')
    expect(kubeconfigFaults(file)).to.deep.equal([])
  })
})
