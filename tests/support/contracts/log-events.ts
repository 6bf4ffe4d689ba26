import ts from 'typescript'
import type { Contract } from './frozen.ts'
import { nodesOf, parsedSources, textOf } from './sources.ts'

const levels = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])

/**
 * The names of the events that services and vehicles log: the last argument of `log.info(fields,
 * 'event-name')` and its like.
 *
 * A name may also be handed to a function that logs it, or be made by a template such as
 * `${what}-failed`. The sources do not tell such a name from other texts, so that a new one is not
 * found: write it into the snapshot by hand. One of the snapshot counts while the sources have it as
 * a literal, or a template that it fits and its variable part as a literal.
 *
 * @param frozen the events of the snapshot
 */
export function logEvents(frozen: Contract): Contract {
  const logged = new Set<string>()
  const templates = new Set<string>()
  const literals = new Set<string>()
  for (const source of parsedSources(['services', 'fleet'])) {
    for (const node of nodesOf(source)) {
      const text = textOf(node)
      if (text !== undefined) literals.add(text)
      if (!ts.isCallExpression(node) || !isLogCall(node)) continue
      const event = textOf(node.arguments.at(-1))
      if (event !== undefined) (event.includes('*') ? templates : logged).add(event)
    }
  }
  const known = Object.keys(frozen).filter((event) => {
    return literals.has(event) || [...templates].some((each) => fits(event, each, literals))
  })
  return Object.fromEntries([...logged, ...known].map((event) => [event, '']))
}

function isLogCall({ expression, arguments: args }: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(expression) || !levels.has(expression.name.text)) return false
  return args.length > 0 && args.length <= 2 && /log(ger)?$/i.test(expression.expression.getText())
}

/** Whether a name is that of a template with one `*`, and what stands there is a literal. */
function fits(event: string, template: string, literals: ReadonlySet<string>): boolean {
  const [head = '', tail, ...more] = template.split('*')
  if (tail === undefined || more.length > 0) return false
  if (!event.startsWith(head) || !event.endsWith(tail)) return false
  return literals.has(event.slice(head.length, event.length - tail.length))
}
