import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configFiles } from '../infra/config-files.ts'
import { root } from './local-access.ts'

// `npm run schema`: writes the files that are made from the schema of the configuration.
for (const [name, text] of Object.entries(configFiles())) writeFileSync(join(root, name), text)
