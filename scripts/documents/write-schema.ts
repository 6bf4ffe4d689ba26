import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configFiles, configTable } from '../../infra/config/config-files.ts'
import { root } from '../platform/paths.ts'
import { writeGeneratedPart } from './generated-part.ts'

// `npm run schema`: writes the files and the table of docs/configuration.md that are made from the
// configuration's schema.
for (const [name, text] of Object.entries(configFiles())) writeFileSync(join(root, name), text)
writeGeneratedPart(
  { file: 'docs/configuration.md', name: 'configuration', command: 'schema' },
  `${configTable()}\n`,
)
