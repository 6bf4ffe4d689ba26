import { expect } from 'chai'
import { missingRight } from '../../../infra/kubernetes/cluster/kubectl.ts'

describe('missingRight', () => {
  it('names the right that the user of the context does not have', () => {
    const refusal =
      'Error from server (Forbidden): nodes is forbidden: User "anna" cannot list resource "nodes" in API group "" at the cluster scope'
    expect(missingRight(refusal)).to.equal(
      'The user anna of the cluster may not list nodes in the whole cluster. Give it this right, or choose a context of another user. Check it with: kubectl auth can-i list nodes --all-namespaces',
    )
  })

  it('names the namespace', () => {
    const refusal =
      'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:ci:deployer" cannot list resource "secrets" in API group "" in the namespace "av-telemetry"'
    expect(missingRight(refusal)).to.match(
      /^The user system:serviceaccount:ci:deployer of the cluster may not list secrets in the namespace av-telemetry\. .* list secrets --namespace av-telemetry$/,
    )
  })

  it('returns nothing for another failure', () => {
    expect(missingRight('Error from server (NotFound): nodes "a" not found')).to.equal(undefined)
    expect(missingRight('Unable to connect to the server: dial tcp: i/o timeout')).to.equal(
      undefined,
    )
  })
})
