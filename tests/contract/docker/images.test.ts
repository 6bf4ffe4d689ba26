import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { ingressDockerfile, serviceDockerfile } from '../../../infra/docker/images/dockerfiles.ts'
import { labels } from '../../../infra/docker/names.ts'
import { secretNames } from '../../../infra/topology/placement.ts'
import { roleNames, roles, userFilesOf } from '../../../infra/topology/role-registry.ts'
import { root } from '../../../scripts/platform/paths.ts'
import { aDockerPlatform } from '../../unit/infra/a-platform.ts'
import { Recorder } from '../recorder.ts'

type Build = { readonly context: string; readonly dockerfile: string; readonly args: object }

const ourServices = roleNames.filter(
  (role) => roles[role].image.from === 'node' && !roles[role].isClient,
)
const dockerfile = readFileSync(serviceDockerfile(root), 'utf8')

describe('Docker images', function () {
  this.timeout(60_000)
  const contexts: string[] = []

  after(() => {
    for (const context of contexts) rmSync(context, { recursive: true, force: true })
  })

  it('are official for servers and built for our services, with the files of their plans', async () => {
    const { config, of } = aDockerPlatform({ network: { name: 'test-of-images' } })
    const recorder = await Recorder.start()
    const { Images } = await import('../../../infra/docker/images/images.ts')
    const engine = { platform: 'linux/amd64', knowsStartInterval: true }
    const all = ['postgres', 'zookeeper', 'kafka', 'ingress', 'objects', ...ourServices] as const
    new Images('images', { config, engine, root, roles: all }, recorder.options)
    const made = await recorder.declaredResources()
    const images = made.filter(({ kind }) => kind === 'Image')
    const official = made.filter(({ kind }) => kind === 'RemoteImage')
    expect(official.map(({ name, inputs }) => [name, inputs['name']])).to.deep.equal([
      ['image-postgres', 'postgres:18.4'],
      ['image-zookeeper', 'zookeeper:3.8.4'],
      ['image-kafka', 'apache/kafka:3.9.2'],
    ])
    expect(images.map(({ name, inputs }) => [name, inputs['imageName']])).to.have.deep.members(
      [...ourServices, 'ingress', 'objects'].map((name) => [
        `image-${name}`,
        `test-of-images/${name}:latest`,
      ]),
    )
    for (const role of ourServices) {
      const image = images.find(({ name }) => name === `image-${role}`)
      const { context, dockerfile, args } = image?.inputs['build'] as Build
      expect(args, role).to.include({ PLATFORM: config.network.name })
      if (context.endsWith(config.network.name)) contexts.push(context)
      expect(dockerfile).to.equal(serviceDockerfile(root))
      for (const name of ['main.mjs', 'check-service.sh'])
        expect(existsSync(join(context, name)), `${role} ${name}`).to.equal(true)
      for (const { name, content } of of(role).flatMap(({ files }) => files)) {
        expect(readFileSync(join(context, name), 'utf8'), role).to.equal(content)
      }
    }
    const files = [...of('consumer'), ...of('dashboard')].flatMap((plan) => plan.files)
    expect(files.map(({ name }) => name)).to.deep.equal(['pipelines.json', 'pipelines.json'])
  })
})

const externalPostgres = {
  ...{ host: 'db.example.com', passwordFile: 'owner', tls: { authorityFile: 'ca.pem' } },
  roles: {
    ...{ given: true, writerPasswordFile: 'writer', workerPasswordFile: 'worker' },
    ...{ operatorPasswordFile: 'operator', readerPasswordFile: 'reader' },
  },
}

describe('Dockerfile of our images', () => {
  it('puts the program beside the files that the topology refers to', () => {
    const [, folder] = /^WORKDIR (.+)$/m.exec(dockerfile) ?? []
    const [plan] = aDockerPlatform().of('consumer')
    expect(plan?.env['PIPELINES_FILE']).to.equal(`${folder}/pipelines.json`)
  })

  it('labels the image with its platform, by which it is found when it has lost its name', () => {
    for (const file of [serviceDockerfile(root), ingressDockerfile(root)]) {
      expect(readFileSync(file, 'utf8')).to.contain(`LABEL ${labels.image}=\${PLATFORM}\n`)
    }
  })

  it('creates a folder for every secret that a service may read', () => {
    const config = toConfig({
      files: { enabled: true },
      objects: {
        endpoint: 'https://s3.example.com',
        accessKeyFile: 'access',
        secretKeyFile: 'key',
      },
      clickhouse: { url: 'https://clickhouse.example.com:8443', passwordFile: 'password' },
      postgres: { external: externalPostgres },
      kafka: {
        external: {
          brokers: ['kafka.example.com:9093'],
          tls: { authorityFile: 'ca.pem' },
          sasl: { mechanism: 'plain', usernameFile: 'user', passwordFile: 'password' },
        },
      },
    })
    const files = userFilesOf(config).filter(({ kind }) => kind === 'secret')
    const names = [...secretNames, ...files.map(({ name }) => name)]
    const folders = dockerfile.match(/\/run\/secrets\/[\w-]+/g)
    expect(folders).to.have.members(names.map((name) => `/run/secrets/${name}`))
  })
})
