import { expect } from 'chai'
import { XMLParser } from 'fast-xml-parser'
import { toConfig } from '../../../../infra/config.ts'
import { drawnContainers } from '../../../../scripts/drawing/drawn-container.ts'
import { layoutOf } from '../../../../scripts/drawing/layout.ts'
import { containersPicture } from '../../../../scripts/drawing/picture.ts'
import type { Rect } from '../../../../scripts/drawing/svg.ts'
import { bottom, right } from '../../../../scripts/drawing/svg.ts'
import { largePlatform } from '../../infra/a-platform.ts'

type Drawn = {
  readonly text: readonly (string | { '#text'?: string })[]
  readonly path: readonly Record<string, string>[]
}

const draw = (tree: object) => containersPicture(toConfig(tree))

const parse = (svg: string): Drawn => {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' })
  return (parser.parse(svg) as { svg: Drawn }).svg
}
const textsIn = (tree: object) =>
  parse(draw(tree)).text.map((each) => (typeof each === 'string' ? each : (each['#text'] ?? '')))
const namesIn = (tree: object) =>
  textsIn(tree).filter((words) => /^([a-z]+-\d+|secrets|\d+ vehicles?)$/.test(words))
const arrowsIn = (tree: object) =>
  parse(draw(tree)).path.filter((path) => path['class']?.startsWith('arrow'))

const servers = ['postgres-0', 'zookeeper-0', 'kafka-0']
const ours = ['provision-0', 'consumer-0', 'producer-0', 'ingress-0', 'dashboard-0']

describe('picture of the containers', () => {
  it('shows each container once', () => {
    expect(namesIn({})).to.have.members([...servers, ...ours, 'secrets', '10 vehicles'])
    expect(namesIn(largePlatform)).to.have.members([
      ...[...servers, ...ours, 'secrets', '10 vehicles'],
      ...['zookeeper-1', 'zookeeper-2', 'kafka-1', 'kafka-2'],
      ...['producer-1', 'consumer-1', 'consumer-2', 'consumer-3'],
    ])
  })

  it('shows vehicles where there are any', () => {
    expect(namesIn({ fleet: { numVehicles: 1 } })).to.include('1 vehicle')
    expect(namesIn({ fleet: { numVehicles: 0 } })).to.have.members([...servers, ...ours, 'secrets'])
  })

  it('has an arrow for each two roles that are linked, and one between neighbours of a kind', () => {
    const pairs = arrowsIn(largePlatform).flatMap((arrow) =>
      arrow['data-from'] === undefined ? [] : [`${arrow['data-from']} ${arrow['data-to'] ?? ''}`],
    )
    expect(pairs).to.have.members([
      'kafka zookeeper',
      ...['kafka kafka', 'kafka kafka', 'zookeeper zookeeper', 'zookeeper zookeeper'],
      ...['provision kafka', 'provision postgres', 'consumer kafka', 'consumer postgres'],
      ...['producer kafka', 'producer postgres', 'ingress producer', 'fleet ingress'],
      ...['dashboard kafka', 'dashboard postgres'],
    ])
  })

  it('says at which address of the machine each port is published', () => {
    const addresses = textsIn({ ...largePlatform, kafka: { instances: 2, hostPort: 9292 } })
    expect(addresses.filter((words) => /^[\d.]+:\d+$/.test(words))).to.have.members([
      ...['127.0.0.1:54321', '127.0.0.1:2181', '127.0.0.1:2182', '127.0.0.1:2183'],
      ...['127.0.0.1:9292', '127.0.0.1:9293', '127.0.0.1:5301', '127.0.0.1:5302'],
      ...['127.0.0.1:5401', '127.0.0.1:5402', '127.0.0.1:5403', '127.0.0.1:5404'],
      ...['127.0.0.1:5002', '127.0.0.1:5501'],
      '0.0.0.0:5001',
    ])
  })

  it('lets others in from outside only where the ingress is open to them', () => {
    expect(textsIn({})).to.include('browsers')
    for (const hostAddress of ['127.0.0.1', '::1']) {
      const svg = draw({ ingress: { hostAddress } })
      expect(svg).to.not.include('browsers')
      expect(svg).to.not.include('class="port everywhere"')
    }
  })

  it('shows several of a kind in a field of their own, from which arrows begin', () => {
    const fieldsIn = (tree: object) => [...draw(tree).matchAll(/class="field"/g)].length
    expect(fieldsIn({})).to.equal(0)
    expect(fieldsIn(largePlatform)).to.equal(4)
  })

  it('escapes what an image is called, and shows the end of a long name', () => {
    const svg = draw({ images: { kafka: 'registry.example.com/"a"&<b>:3.9.2' } })
    expect(svg).to.include('>…e.com/&quot;a&quot;&amp;&lt;b&gt;:3.9.2</tspan>')
    expect(svg).to.not.include('registry')
  })
})

describe('layout of the picture', () => {
  const most = {
    zookeeper: { instances: 7 },
    kafka: { instances: 9, hostPort: 9300 },
    producer: { instances: 16 },
    consumer: { instances: 64 },
    ingress: { tokenFile: 'token' },
  }
  const isWithin = (inner: Rect, outer: Rect) =>
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    right(inner) <= right(outer) &&
    bottom(inner) <= bottom(outer)
  const overlap = (one: Rect, other: Rect) =>
    one.x < right(other) && other.x < right(one) && one.y < bottom(other) && other.y < bottom(one)
  const overlapping = (shapes: readonly Rect[]) =>
    shapes.flatMap((one, index) => shapes.slice(index + 1).filter((other) => overlap(one, other)))

  for (const [title, tree] of Object.entries({ least: {}, large: largePlatform, most })) {
    it(`keeps boxes apart, in their fields, in the network (${title})`, () => {
      const { groups, frame } = layoutOf(drawnContainers(toConfig(tree)))
      expect(overlapping(groups.map(({ field }) => field))).to.deep.equal([])
      for (const { field, placed, role } of groups) {
        const boxes = placed.map(({ box }) => box)
        expect(overlapping(boxes), role).to.deep.equal([])
        expect(isWithin(field, frame), role).to.equal(true)
        for (const box of boxes) expect(isWithin(box, field), role).to.equal(true)
      }
    })
  }
})
