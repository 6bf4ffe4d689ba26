import { expect } from 'chai'
import { declarePlatform, defaultPlatform, envOf, imageOf } from './declared-platform.ts'

describe('S3 server container', () => {
  const files = { files: { enabled: true }, ingress: { addressFile: '' } }

  it('runs versitygw over the volume of the bucket, with keys from files', async () => {
    const { container, config } = await declarePlatform(files)
    const objects = container('objects-0')
    expect(objects.inputs.image).to.equal(imageOf('objects'))
    expect(objects.inputs.command).to.deep.equal(['posix', '/data'])
    expect(objects.inputs.entrypoints?.[2]).to.equal(
      'umask 077 && ROOT_ACCESS_KEY=$(cat /run/secrets/s3-access-key/secret) && ROOT_SECRET_KEY=$(cat /run/secrets/s3-secret-key/secret) && export ROOT_ACCESS_KEY ROOT_SECRET_KEY && exec versitygw "$@"',
    )
    expect(envOf(objects)).to.include({
      VGW_PORT: '0.0.0.0:7070',
      VGW_WEBUI_GATEWAYS: 'http://localhost:7070',
    })
    expect(objects.inputs.ports).to.deep.equal([
      { internal: 7070, external: 7070, ip: '127.0.0.1' },
    ])
    const mounts = (objects.inputs.volumes ?? []).map(({ volumeName, containerPath, readOnly }) => [
      ...[volumeName, containerPath, readOnly],
    ])
    const volume = (name: string) => `${config.network.name}-${name}`
    expect(mounts).to.deep.equal([
      [volume('objects-0'), '/data', false],
      [volume('secret-s3-access-key'), '/run/secrets/s3-access-key', true],
      [volume('secret-s3-secret-key'), '/run/secrets/s3-secret-key', true],
    ])
  })

  it('has random keys, which provisioning, worker and dashboard read from files', async () => {
    const { container, resources } = await declarePlatform(files)
    const passwords = resources.filter(({ kind }) => kind === 'RandomPassword')
    expect(passwords.map(({ name }) => name)).to.include.members([
      'password-s3-access-key',
      'password-s3-secret-key',
    ])
    for (const name of ['provision-0', 'worker-0', 'dashboard-0']) {
      const env = envOf(container(name))
      expect(env, name).to.include({
        S3_ENDPOINT: 'http://objects-0:7070',
        S3_REGION: 'us-east-1',
        S3_BUCKET: 'etl',
        S3_ACCESS_KEY_FILE: '/run/secrets/s3-access-key/secret',
        S3_SECRET_KEY_FILE: '/run/secrets/s3-secret-key/secret',
      })
      const paths = container(name).inputs.volumes?.map(({ containerPath }) => containerPath)
      expect(paths, name).to.include.members([
        '/run/secrets/s3-access-key',
        '/run/secrets/s3-secret-key',
      ])
    }
  })

  it('does not exist if no files are loaded, or if the bucket is on another server', async () => {
    const elsewhere = {
      ...files,
      objects: { endpoint: 'http://s3:1', accessKeyFile: 'a', secretKeyFile: 'b' },
    }
    for (const { containers, resources } of [
      await defaultPlatform(),
      await declarePlatform(elsewhere),
    ]) {
      expect(containers.map(({ name }) => name)).to.not.include('objects-0')
      expect(resources.map(({ name }) => name)).to.not.include('password-s3-access-key')
    }
  })
})
