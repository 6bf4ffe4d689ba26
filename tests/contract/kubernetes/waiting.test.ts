import { expect } from 'chai'
import { platforms } from './declared-platform.ts'

describe('Kubernetes objects that an `up` waits for', () => {
  it('are a Job that the next `up` replaces if it has failed, and that ends before Pulumi gives up', async () => {
    const { object, timeouts } = await platforms['default platform']()
    const job = object('Job', 'provision')
    expect(job.metadata.annotations).to.deep.equal({ 'pulumi.com/replaceUnready': 'true' })
    expect(timeouts('Job', 'provision')).to.include({ create: '10m' })
    expect(job).to.have.nested.property('spec.activeDeadlineSeconds').that.is.below(600)
    // The pauses between five attempts are 10, 20, 40, 80 and 160 s.
    expect(job).to.have.nested.property('spec.activeDeadlineSeconds').that.is.above(310)
  })

  it('are pods, for 10 minutes, asked for with the context of the platform', async () => {
    const { resource, timeouts } = await platforms['default platform']()
    expect(timeouts('Deployment', 'producer')).to.include({ create: '10m', update: '10m' })
    expect(timeouts('StatefulSet', 'kafka-0')).to.include({ create: '10m', update: '10m' })
    expect(resource('producer-ready')['create']).to.equal(
      String.raw`kubectl --context 'dev'\''s cluster' --namespace av-telemetry rollout status deployment/producer --timeout=600s`,
    )
  })
})
