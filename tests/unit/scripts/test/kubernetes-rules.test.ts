import { expect } from 'chai'
import { removalOfChains } from '../../../../scripts/test/kubernetes/machine.ts'

describe('rules of iptables of a test cluster', () => {
  it('removes the chains of Kubernetes and the rules that jump to them, and nothing else', () => {
    const saved = [
      '*nat',
      ':PREROUTING ACCEPT [0:0]',
      ':DOCKER - [0:0]',
      ':KUBE-SERVICES - [0:0]',
      ':KUBE-SVC-A - [0:0]',
      '-A PREROUTING -m comment --comment "service portals" -j KUBE-SERVICES',
      '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
      '-A KUBE-SERVICES -d 10.214.128.1/32 -j KUBE-SVC-A',
      'COMMIT',
    ].join('\n')
    expect(removalOfChains(saved)?.split('\n')).to.deep.equal([
      '-D PREROUTING -m comment --comment "service portals" -j KUBE-SERVICES',
      '-F KUBE-SERVICES',
      '-F KUBE-SVC-A',
      '-X KUBE-SERVICES',
      '-X KUBE-SVC-A',
    ])
  })

  it('changes nothing without such chains', () => {
    expect(removalOfChains('*nat\n:DOCKER - [0:0]\nCOMMIT\n')).to.equal(undefined)
  })
})
