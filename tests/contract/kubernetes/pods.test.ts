import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { DeclaredPlatform } from './declared-platform.ts'
import { declarePlatform, platforms } from './declared-platform.ts'
import type { WithPods } from './object-types.ts'

const large = platforms['large platform with files']
const deployments = ['consumer', 'worker', 'producer', 'ingress', 'dashboard']

const podOf = ({ object }: DeclaredPlatform, name: string, kind = 'Deployment') =>
  (object(kind, name) as WithPods).spec.template.spec

const containerOf = (platform: DeclaredPlatform, name: string, kind = 'Deployment') =>
  podOf(platform, name, kind).containers[0]

function variableOf(platform: DeclaredPlatform, name: string, variable: string) {
  return containerOf(platform, name).env.find((each) => each.name === variable)
}

describe('Kubernetes pods', () => {
  it('run on nodes for which the images are built', async () => {
    const platform = await large()
    const selector = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' }
    for (const name of deployments) {
      expect(podOf(platform, name).nodeSelector).to.deep.equal(selector)
    }
    expect(podOf(platform, 'kafka-0', 'StatefulSet').nodeSelector).to.deep.equal(selector)
    expect(podOf(platform, 'provision', 'Job').nodeSelector).to.deep.equal(selector)
  })

  it('of one role run on different nodes where possible', async () => {
    const platform = await large()
    for (const role of deployments) {
      const labels = { 'app.kubernetes.io/part-of': 'av-telemetry', 'app.kubernetes.io/name': role }
      expect(podOf(platform, role).topologySpreadConstraints).to.deep.equal([
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: labels },
          matchLabelKeys: ['pod-template-hash'],
        },
      ])
    }
  })

  it('of workers have different names in their environment', async () => {
    const variable = variableOf(await large(), 'worker', 'WORKER_NAME')
    expect(variable?.valueFrom).to.deep.equal({ fieldRef: { fieldPath: 'metadata.name' } })
    expect(variable?.value).to.equal(undefined)
  })

  it('get a value with $ as it is, although Kubernetes replaces $(NAME) and $$', async () => {
    const platform = await declarePlatform({
      worker: { instances: 1, allowedUrls: 'https://example.com/$(LOG_LEVEL)/$$' },
    })
    const { value = '' } = variableOf(platform, 'worker', 'ALLOWED_URLS') ?? {}
    expect(asReplaced(value)).to.equal('https://example.com/$(LOG_LEVEL)/$$')
  })

  it('of workers share one namespace of processes, so that ended ones are removed', async () => {
    const platform = await large()
    for (const role of deployments) {
      const expected = role === 'worker' ? true : undefined
      expect(podOf(platform, role).shareProcessNamespace, role).to.equal(expected)
    }
  })

  it('of dashboard and producers wait 5 s before they stop, until clients use another pod', async () => {
    const platform = await large()
    for (const role of ['dashboard', 'producer']) {
      expect(containerOf(platform, role).lifecycle, role).to.deep.equal({
        preStop: { exec: { command: ['sleep', '5'] } },
      })
    }
    expect(podOf(platform, 'dashboard').terminationGracePeriodSeconds).to.equal(25)
    for (const role of ['consumer', 'worker']) {
      expect(containerOf(platform, role).lifecycle, role).to.equal(undefined)
    }
    expect(containerOf(platform, 'kafka-0', 'StatefulSet').lifecycle).to.equal(undefined)
  })

  it('of the ingress are not ready while they stop, and accept connections for 5 s more', async () => {
    const platform = await large()
    const { readinessProbe, lifecycle } = containerOf(platform, 'ingress')
    expect(readinessProbe).to.deep.include({ httpGet: { path: '/readyz', port: 8404 } })
    expect(lifecycle).to.equal(undefined)
    expect(variableOf(platform, 'ingress', 'DRAIN_SECONDS')?.value).to.equal('5')
    expect(podOf(platform, 'ingress').terminationGracePeriodSeconds).to.equal(25)
    // The behaviour of HAProxy with these lines is tested in tests/integration/main/haproxy-stop.test.ts.
    const file = new URL('../../../infra/docker/images/haproxy.cfg', import.meta.url)
    expect(readFileSync(file, 'utf8')).to.match(/frontend readiness\n {4}bind :8404\n/)
  })
})

describe('Kubernetes pods of the ingress behind a load balancer', () => {
  it('accept connections for 25 s more, and nodes without another pod send them meanwhile', async () => {
    const platform = await platforms['platform with TLS and a load balancer']()
    expect(variableOf(platform, 'ingress', 'DRAIN_SECONDS')?.value).to.equal('25')
    const { readinessProbe } = containerOf(platform, 'ingress')
    expect(readinessProbe).to.have.property('periodSeconds', 2)
    expect(readinessProbe)
      .to.have.property('failureThreshold')
      .that.is.above(25 / 2)
    expect(podOf(platform, 'ingress').terminationGracePeriodSeconds).to.equal(45)
  })
})

/** A value as Kubernetes gives it to a program in which no other variable is known. */
function asReplaced(value: string): string {
  return value.replace(/\$\$|\$\((\w+)\)/g, (found) => (found === '$$' ? '$' : '(replaced)'))
}
