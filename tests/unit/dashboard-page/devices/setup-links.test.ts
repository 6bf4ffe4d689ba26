import { expect } from 'chai'
import {
  setupOf,
  tryCommand,
} from '../../../../services/dashboard/page/state/devices/setup-links.ts'

const access = { origin: 'http://192.0.2.7:5001', vin: 'VAN-12', token: 'a/b+c=' }
const open = { ...access, token: undefined }

describe('setupOf', () => {
  it('puts the token into the path and the device id into the query for Traccar Client', () => {
    const { link, settings } = setupOf('traccar', access)
    expect(link).to.equal('http://192.0.2.7:5001/devices/osmand/a%2Fb%2Bc%3D?id=VAN-12')
    expect(settings).to.deep.equal([
      ['Server URL', 'http://192.0.2.7:5001/devices/osmand/a%2Fb%2Bc%3D'],
      ['Device identifier', 'VAN-12'],
    ])
  })

  it('keeps address and device id when Traccar Client reads the link', () => {
    // The app uses origin and path as the address, and the parameter `id`.
    const { origin, pathname, searchParams } = new URL(setupOf('traccar', access).link)
    expect(`${origin}${pathname}`).to.equal(setupOf('traccar', access).settings[0]?.[1])
    expect([...searchParams]).to.deep.equal([['id', 'VAN-12']])
  })

  it('makes a configuration of the HTTP mode for OwnTracks', () => {
    const { link } = setupOf('owntracks', access)
    expect(link).to.match(/^owntracks:\/\/\/config\?inline=[A-Za-z0-9%]+$/)
    expect(inlineOf(link)).to.deep.equal({
      _type: 'configuration',
      mode: 3,
      url: 'http://192.0.2.7:5001/devices/owntracks',
      deviceId: 'VAN-12',
      auth: true,
      username: 'VAN-12',
      password: 'a/b+c=',
    })
  })

  it('escapes the characters + and / of Base64 in the link for OwnTracks', () => {
    const many = Array.from({ length: 40 }, (_, at) => '~?>'.repeat(at))
    for (const token of many) {
      const { link } = setupOf('owntracks', { ...access, token })
      expect(link).to.match(/^owntracks:\/\/\/config\?inline=[A-Za-z0-9%]+$/)
      expect(inlineOf(link)).to.include({ password: token })
    }
  })

  it('makes a link with address, token and device id for Overland', () => {
    const { link } = setupOf('overland', access)
    expect(link).to.equal(
      'overland://setup?url=http%3A%2F%2F192.0.2.7%3A5001%2Fdevices%2Foverland&token=a%2Fb%2Bc%3D&device_id=VAN-12',
    )
  })

  it('leaves out the token if none is needed', () => {
    expect(setupOf('traccar', open).link).to.equal('http://192.0.2.7:5001/devices/osmand?id=VAN-12')
    expect(inlineOf(setupOf('owntracks', open).link)).to.include({ auth: false, password: '' })
    expect(setupOf('overland', open).link).to.equal(
      'overland://setup?url=http%3A%2F%2F192.0.2.7%3A5001%2Fdevices%2Foverland&device_id=VAN-12',
    )
    for (const app of ['traccar', 'owntracks', 'overland'] as const) {
      const names = setupOf(app, open).settings.map(([name]) => name)
      expect(names).not.to.include.members(['Password'])
      expect(names).not.to.include.members(['Access token'])
    }
  })
})

describe('tryCommand', () => {
  it('posts a form to the link as Traccar Client does', () => {
    expect(tryCommand('http://127.0.0.1:5001/devices/osmand/T?id=VAN-12')).to.equal(
      `curl -i -d "lat=37.77&lon=-122.42&timestamp=$(date +%s)" 'http://127.0.0.1:5001/devices/osmand/T?id=VAN-12'`,
    )
  })
})

/** Reads the link as OwnTracks does. */
function inlineOf(link: string): unknown {
  const inline = new URL(link).searchParams.get('inline') ?? ''
  return JSON.parse(Buffer.from(inline, 'base64').toString('utf8'))
}
