import { expect } from 'chai'
import * as apps from 'kubernetes-models/apps/v1'
import * as batch from 'kubernetes-models/batch/v1'
import * as networking from 'kubernetes-models/networking.k8s.io/v1'
import * as policy from 'kubernetes-models/policy/v1'
import * as core from 'kubernetes-models/v1'
import { roles } from '../../../infra/topology/role-registry.ts'
import type { DeclaredPlatform } from './declared-platform.ts'
import { declarePlatform, imageOf, platforms } from './declared-platform.ts'
import type { PodSpec, Service, WithPods } from './object-types.ts'

type Model = new (object: object) => { validate(): void }
/** The models of the API by version and kind; `validate` refuses wrong and missing values. */
const models: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  v1: core,
  'apps/v1': apps,
  'batch/v1': batch,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
}

const withPods = ({ objects }: DeclaredPlatform): WithPods[] =>
  objects.filter((each) => 'spec' in each && 'template' in (each as WithPods).spec) as WithPods[]

const namesOf = ({ objects }: DeclaredPlatform, kind: string): string[] =>
  objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name)

const volumeNames = (spec: PodSpec): string[] => spec.volumes.map(({ name }) => name)

for (const [title, create] of Object.entries(platforms)) {
  describe(`Kubernetes objects of the ${title}`, () => {
    it('have the fields and values of the API', async () => {
      const { objects } = await create()
      for (const object of objects) {
        const model = models[object.apiVersion]?.[object.kind] as Model | undefined
        if (model === undefined) throw new Error(`no model of ${object.kind}`)
        expect(() => {
          new model(object).validate()
        }, `${object.kind} ${object.metadata.name}`).to.not.throw()
      }
    })

    it('are in the namespace of the platform and have its label', async () => {
      const { objects, config } = await create()
      for (const { kind, metadata } of objects) {
        if (kind !== 'Namespace') expect(metadata.namespace).to.equal(config.kubernetes.namespace)
        expect(metadata.labels['app.kubernetes.io/part-of']).to.equal('av-telemetry')
      }
    })

    it('have pods that the Pod Security Standard "restricted" admits', async () => {
      for (const { spec } of withPods(await create())) {
        const { containers, securityContext, automountServiceAccountToken } = spec.template.spec
        expect(automountServiceAccountToken).to.equal(false)
        expect(securityContext['runAsNonRoot']).to.equal(true)
        expect(securityContext['runAsUser']).to.be.a('number').above(0)
        expect(securityContext['seccompProfile']).to.deep.equal({ type: 'RuntimeDefault' })
        expect(containers[0].securityContext).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
      }
    })

    it('mount in each pod only the secrets of its role', async () => {
      const platform = await create()
      for (const { spec } of withPods(platform)) {
        const role = spec.template.metadata.labels['app.kubernetes.io/name']
        const known = roles[role as keyof typeof roles]
        const ofUser = known.userFiles?.(platform.config).map(({ name }) => name) ?? []
        const allowed = [...(known.secrets ?? []), ...ofUser].map((name) => `secret-${name}`)
        const mounted = volumeNames(spec.template.spec).filter((name) => name.startsWith('secret-'))
        expect(allowed, role).to.include.members(mounted)
        if (role !== 'worker')
          expect(mounted, role).to.include.members(knownSecrets(platform, role))
      }
    })

    it('have one volume for each mount, and no mount without a volume', async () => {
      for (const { spec, kind } of withPods(await create())) {
        const { containers } = spec.template.spec
        const mounts = containers[0].volumeMounts.map(({ name }) => name)
        const claims = kind === 'StatefulSet' ? ['data'] : []
        expect(mounts.toSorted()).to.deep.equal(
          [...volumeNames(spec.template.spec), ...claims].toSorted(),
        )
      }
    })
  })
}

/** The Secrets of passwords that a role must have. */
function knownSecrets({ config }: DeclaredPlatform, role = ''): string[] {
  const known = roles[role as keyof typeof roles]
  return config.kafka.instances > 0 ? (known.secrets ?? []).map((name) => `secret-${name}`) : []
}

describe('Kubernetes objects', () => {
  it('are a StatefulSet of one pod and a Service for each server with a volume', async () => {
    const platform = await platforms['large platform with files']()
    const servers = ['postgres-0', ...[0, 1, 2].map((n) => `zookeeper-${n}`)]
    servers.push(...[0, 1, 2].map((n) => `kafka-${n}`), 'objects-0')
    expect(namesOf(platform, 'StatefulSet')).to.have.members(servers)
    for (const name of servers) {
      expect((platform.object('StatefulSet', name) as WithPods).spec.replicas).to.equal(1)
      const { spec } = platform.object('Service', name) as Service
      expect(spec.clusterIP).to.equal('None')
      expect(spec.publishNotReadyAddresses).to.equal(true)
    }
    const ports = (platform.object('Service', 'zookeeper-0') as Service).spec.ports
    expect(ports.map(({ port }) => port)).to.deep.equal([2181, 2281, 2381])
  })

  it('start a majority of ZooKeepers before the others, and brokers after them', async () => {
    const { after } = await platforms['large platform with files']()
    const ready = (names: readonly string[]) => names.filter((name) => name.endsWith('-ready'))
    expect(ready(after('StatefulSet', 'zookeeper-1'))).to.deep.equal([])
    expect(ready(after('StatefulSet', 'zookeeper-2'))).to.deep.equal([
      'zookeeper-0-ready',
      'zookeeper-1-ready',
    ])
    expect(ready(after('StatefulSet', 'kafka-0'))).to.include.members(['zookeeper-2-ready'])
    expect(ready(after('StatefulSet', 'kafka-2'))).to.include.members(['kafka-1-ready'])
  })

  it('are a Deployment for each role without a volume, whose old pods end after new ones are ready', async () => {
    const platform = await platforms['large platform with files']()
    const deployments = ['consumer', 'worker', 'producer', 'ingress', 'dashboard']
    expect(namesOf(platform, 'Deployment')).to.have.members(deployments)
    for (const name of deployments) {
      const { spec } = platform.object('Deployment', name) as WithPods
      expect(spec.strategy).to.deep.equal({ rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } })
    }
    expect((platform.object('Deployment', 'consumer') as WithPods).spec.replicas).to.equal(4)
    expect(platform.after('Deployment', 'ingress')).to.include.members([
      'producer-ready',
      'consumer-ready',
    ])
  })

  it('run provision as a Job after Postgres and Kafka', async () => {
    const platform = await platforms['default platform']()
    expect(namesOf(platform, 'Job')).to.deep.equal(['provision'])
    expect(platform.after('Job', 'provision')).to.include.members([
      'postgres-0-ready',
      'kafka-0-ready',
    ])
    expect(platform.after('Deployment', 'producer')).to.include('provision')
  })

  it('restart our services that do not answer, and no server of another project', async () => {
    for (const { spec } of withPods(await platforms['default platform']())) {
      const role = spec.template.metadata.labels['app.kubernetes.io/name'] as keyof typeof roles
      const [{ livenessProbe, readinessProbe }] = spec.template.spec.containers
      const isOurService = roles[role].image.from === 'node' && role !== 'provision'
      expect(livenessProbe !== undefined, role).to.equal(isOurService)
      expect(readinessProbe !== undefined, role).to.equal(role !== 'provision')
    }
  })

  it('use the images of their roles', async () => {
    for (const { spec } of withPods(await platforms['default platform']())) {
      const role = spec.template.metadata.labels['app.kubernetes.io/name'] as keyof typeof roles
      expect(spec.template.spec.containers[0].image).to.equal(imageOf(role))
    }
  })

  it('keep brokers apart, and allow them on one node if kubernetes.oneServerPerNode is false', async () => {
    const affinityOf = ({ object }: DeclaredPlatform) =>
      (object('StatefulSet', 'kafka-0') as WithPods).spec.template.spec.affinity
    expect(affinityOf(await platforms['default platform']())).to.not.equal(undefined)
    const shared = await declarePlatform({ kubernetes: { oneServerPerNode: false } })
    expect(affinityOf(shared)).to.equal(undefined)
  })

  it('admit connections to servers only from services of the platform, not from vehicles', async () => {
    const { object, objects } = await platforms['default platform']()
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy')
    expect(policies.map(({ metadata }) => metadata.name)).to.deep.equal([
      'platform-only',
      'open-ingress',
    ])
    expect(object('NetworkPolicy', 'platform-only'))
      .to.have.property('spec')
      .that.deep.equals({
        podSelector: {},
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [
              {
                podSelector: {
                  matchLabels: { 'app.kubernetes.io/part-of': 'av-telemetry' },
                  matchExpressions: [
                    { key: 'app.kubernetes.io/name', operator: 'NotIn', values: ['fleet'] },
                  ],
                },
              },
            ],
          },
        ],
      })
    expect(object('NetworkPolicy', 'open-ingress')).to.have.nested.property(
      'spec.ingress[0].ports[0].port',
      5001,
    )
  })

  it('evict one of several servers at a time', async () => {
    const platform = await platforms['large platform with files']()
    expect(namesOf(platform, 'PodDisruptionBudget')).to.have.members([
      'zookeeper',
      'kafka',
      'producer',
      'consumer',
      'worker',
    ])
  })
})
