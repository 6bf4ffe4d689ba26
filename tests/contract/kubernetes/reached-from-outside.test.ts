import * as pulumi from '@pulumi/pulumi'
import { expect } from 'chai'
import type { DeclaredPlatform } from './declared-platform.ts'
import { declarePlatform, platforms, tlsConfig, withCertificate } from './declared-platform.ts'
import type { Service, WithPods } from './object-types.ts'
import { valueOf } from '../recorder.ts'

const serviceOf = ({ object }: DeclaredPlatform, name: string) =>
  (object('Service', name) as Service).spec

const servicesOf = ({ objects }: DeclaredPlatform): string[] =>
  objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name)

const dashboardEnv = ({ object }: DeclaredPlatform): Record<string, string | undefined> => {
  const { spec } = object('Deployment', 'dashboard') as WithPods
  const [{ env }] = spec.template.spec.containers
  return Object.fromEntries(env.map(({ name, value }) => [name, value]))
}

const withTls = platforms['platform with TLS and a load balancer']

describe('Kubernetes objects that clients outside the platform reach', () => {
  it('are a Service of the ingress within the cluster, and no other without kubernetes.service', async () => {
    const platform = await platforms['default platform']()
    expect(serviceOf(platform, 'ingress').type).to.equal('ClusterIP')
    expect(serviceOf(platform, 'ingress').ports).to.deep.equal([{ name: 'main', port: 5001 }])
    expect(servicesOf(platform)).to.not.include('ingress-public')
  })

  it('publish with a load balancer only the port with TLS, and keep the port without TLS within the cluster', async () => {
    const platform = await withTls()
    expect(serviceOf(platform, 'ingress').type).to.equal('ClusterIP')
    expect(serviceOf(platform, 'ingress').ports).to.deep.equal([
      { name: 'main', port: 5001 },
      { name: 'tls', port: 5443 },
    ])
    const published = serviceOf(platform, 'ingress-public')
    expect(published.type).to.equal('LoadBalancer')
    expect(published.externalTrafficPolicy).to.equal('Local')
    expect(published.ports).to.deep.equal([{ name: 'public', port: 5001, targetPort: 5443 }])
  })

  it('publish on the nodes the port of the configuration', async () => {
    const platform = await declarePlatform({
      kubernetes: { service: 'NodePort' },
      ingress: { hostPort: 30_501 },
    })
    expect(serviceOf(platform, 'ingress-public').ports).to.deep.equal([
      { name: 'public', port: 30_501, targetPort: 5001, nodePort: 30_501 },
    ])
    expect(await valueOf(platform.outputs.networkAddress)).to.equal('http://NODE:30501/events')
    expect(dashboardEnv(platform)).to.include({ INGRESS_PORT: '30501' })
    expect(dashboardEnv(platform)['EVENTS_URL']).to.equal(undefined)
  })

  it('wait for the pods of the ingress and for the address of the load balancer', async () => {
    const { object, after, timeouts, outputs } = await withTls()
    expect(after('Service', 'ingress-public')).to.deep.equal(['ingress-ready'])
    const { annotations = {} } = object('Service', 'ingress-public').metadata
    expect(annotations).to.not.have.property('pulumi.com/skipAwait')
    expect(timeouts('Service', 'ingress-public')).to.include({ create: '10m' })
    expect(await valueOf(outputs.networkAddress)).to.equal(
      'https://ADDRESS-OF-LOAD-BALANCER:5001/events',
    )
    expect(await valueOf(outputs.events)).to.equal('https://ingress.av-telemetry.svc:5443/events')
  })

  it('give the dashboard the address of the ingress within the cluster without kubernetes.service', async () => {
    expect(dashboardEnv(await platforms['default platform']())).to.include({
      INGRESS_PORT: '5001',
      EVENTS_URL: 'http://ingress.av-telemetry.svc:5001/events',
    })
    const tls = await withCertificate((root) => declarePlatform(tlsConfig, { root }))
    expect(dashboardEnv(tls)).to.include({
      INGRESS_PORT: '5443',
      INGRESS_TLS: 'true',
      INGRESS_TLS_ADDRESS: 'ingress:5443',
      EVENTS_URL: 'https://ingress.av-telemetry.svc:5443/events',
    })
  })

  it('mount certificate and key as the files that the ingress reads', async () => {
    const { object } = await withTls()
    expect(object('Secret', 'ingress-tls')).to.deep.include({
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': 'the certificate', 'tls.key': 'the key' },
    })
    const { spec } = (object('Deployment', 'ingress') as WithPods).spec.template
    const [{ env, volumeMounts }] = spec.containers
    const fileOf = (variable: string) => env.find(({ name }) => name === variable)?.value
    expect(fileOf('TLS_CERT_FILE')).to.equal('/run/tls-certificate/fullchain.pem')
    expect(fileOf('TLS_KEY_FILE')).to.equal('/run/tls-key/privkey.pem')
    for (const [name, key, path] of [
      ['tls-certificate', 'tls.crt', 'fullchain.pem'],
      ['tls-key', 'tls.key', 'privkey.pem'],
    ]) {
      expect(volumeMounts).to.deep.include({ name, mountPath: `/run/${name!}`, readOnly: true })
      const secret = { secretName: 'ingress-tls', defaultMode: 0o440, items: [{ key, path }] }
      expect(spec.volumes).to.deep.include({ name, secret })
    }
  })

  it('admit with TLS only simulated vehicles to the port without TLS', async () => {
    const { object, objects } = await withTls()
    expect(object('NetworkPolicy', 'open-ingress')).to.have.nested.property(
      'spec.ingress[0].ports[0].port',
      5443,
    )
    const { spec } = object('NetworkPolicy', 'open-ingress-to-fleet') as unknown as {
      readonly spec: { readonly ingress: readonly object[]; readonly podSelector: object }
    }
    const labels = (role: string) => ({
      'app.kubernetes.io/part-of': 'av-telemetry',
      'app.kubernetes.io/name': role,
    })
    expect(spec.podSelector).to.deep.equal({ matchLabels: labels('ingress') })
    expect(spec.ingress).to.deep.equal([
      { from: [{ podSelector: { matchLabels: labels('fleet') } }], ports: [{ port: 5001 }] },
    ])
    const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy')
    expect(policies).to.have.length(3)
  })

  it('are the dashboard at its two ports, for pods only with dashboard.public', async () => {
    const closed = await platforms['default platform']()
    expect(serviceOf(closed, 'dashboard').ports).to.deep.equal([
      { name: 'main', port: 8080 },
      { name: 'forwarded', port: 5002, targetPort: 8080 },
    ])
    expect(closed.objects.map(({ metadata }) => metadata.name)).to.not.include('open-dashboard')
    const { object } = await declarePlatform({ dashboard: { public: true } })
    expect(object('NetworkPolicy', 'open-dashboard')).to.have.nested.property(
      'spec.ingress[0].ports[0].port',
      8080,
    )
  })

  it('come with a warning if every pod can read the positions', async () => {
    const warnings: string[] = []
    const log = pulumi.log as { warn: (text: string) => Promise<void> }
    const { warn } = log
    log.warn = (text) => Promise.resolve(void warnings.push(text))
    try {
      await declarePlatform({ dashboard: { public: true } })
    } finally {
      log.warn = warn
    }
    expect(warnings.join('\n')).to.match(
      /^Warning: dashboard\.public is true .* Every pod of the cluster can read the positions/,
    )
  })
})
