import { optionsTakenByNpm } from '../../scripts/cli/npm-options.ts'

// Prints the options that npm took from its command line, as JSON.
process.stdout.write(JSON.stringify(Object.fromEntries(optionsTakenByNpm(process.env))))
