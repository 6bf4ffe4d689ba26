import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { dockerPlatforms, platformToken } from '../../../infra/docker/engine/running.ts'
import { secretVolume } from '../../../infra/docker/vehicles.ts'
import { unknownPolicyOf } from '../../../infra/topology/environment.ts'
import { speaksTls } from '../../../infra/topology/addresses.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

/**
 * A command `docker` whose containers see the files of a folder, whose volumes are in a file, and whose consumer has
 * the label in a file.
 */
const program = `#!/bin/sh
cd "$(dirname "$0")"
case "$1" in
version) echo 'linux/amd64 1.50' ;;
ps) echo consumer-0 ;;
inspect) cat label ;;
volume) grep -x "$(echo "$5" | sed 's/name=.\\(.*\\).$/\\1/')" volumes || true ;;
exec) [ -e stopped ] && exit 1; sh -c "$(echo "$5" | sed "s#/run/secrets#$PWD/secrets#g")" ;;
esac
`

describe('a platform on Docker that a version without devices has started', () => {
  const config = toConfig({})
  const { PATH } = process.env
  let folder: TemporaryFolder

  beforeEach(() => {
    folder = new TemporaryFolder()
    writeFileSync(join(folder.path, 'docker'), program, { mode: 0o755 })
    write('volumes', `${config.network.name}-secret-reader\n`)
    process.env['PATH'] = `${folder.path}${delimiter}${PATH ?? ''}`
  })

  afterEach(() => {
    process.env['PATH'] = PATH
    folder[Symbol.dispose]()
  })

  const write = (name: string, content: string) => writeFileSync(join(folder.path, name), content)

  it('needs no token: the fleet and other commands send none', async () => {
    expect(await platformToken(config)).to.equal(undefined)
    expect(await secretVolume('gateway', config)).to.equal(undefined)
  })

  it('is told from one with a token, and from one whose producer does not run', async () => {
    mkdirSync(join(folder.path, 'secrets', 'gateway'), { recursive: true })
    write('secrets/gateway/secret', 'the token\n')
    const volume = `${config.network.name}-secret-gateway`
    write('volumes', `${volume}\n`)
    expect(await platformToken(config)).to.equal('the token')
    expect(await secretVolume('gateway', config)).to.equal(volume)
    write('stopped', '')
    const error: unknown = await platformToken(config).catch((reason: unknown) => reason)
    expect(String(error)).to.match(/^UserError: The container .*producer-0, .* does not run\./)
  })

  it('has recorded no settings of devices and TLS, which get their earlier values', async () => {
    const { devices: _, ingress, ...recorded } = config
    const { tls: __, ...ofIngress } = ingress
    write(
      'label',
      JSON.stringify({ ...recorded, ingress: { ...ofIngress, hostAddress: '0.0.0.0' } }),
    )
    const [found, ...others] = await dockerPlatforms()
    if (found === undefined) throw new Error('no platform was found')
    expect(others).to.deep.equal([])
    expect([speaksTls(found), unknownPolicyOf(found)]).to.deep.equal([false, 'accept'])
  })
})
