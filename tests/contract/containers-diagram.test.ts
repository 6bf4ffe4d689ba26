import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { containersDiagram, diagramPart } from '../../scripts/documents/containers-diagram.ts'
import { readGeneratedPart } from '../../scripts/documents/generated-part.ts'

describe('diagram of the containers in docs/docker.md', () => {
  it('equals the diagram made from the topology; `npm run draw` writes it', () => {
    expect(readGeneratedPart(diagramPart)).to.equal(containersDiagram(toConfig({})))
  })
})
