import { toConfig } from '../../infra/config/config.ts'
import { containersDiagram, diagramPart } from './containers-diagram.ts'
import { writeGeneratedPart } from './generated-part.ts'

// `npm run draw`: writes the diagram of the containers into docs/docker.md, made from the topology.
writeGeneratedPart(diagramPart, containersDiagram(toConfig({})))
