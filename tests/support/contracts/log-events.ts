import ts from 'typescript'
import type { Contract } from './frozen.ts'
import { nodesOf, parsedSources, textOf } from './sources.ts'

/** Members of objects that are passed to what logs them, e.g. `{ failed: 'files-not-read' }` for `WarnOnce`. */
const members = new Set(['failed', 'recovered', 'failureEvent'])
const eventName = /^[a-z\d]+(?:-[a-z\d]+)+$/
const levels = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])

/**
 * The event names that services and vehicles log: the last argument of `logger.info(fields,
 * 'event-name')` and similar calls, and the members `failed`, `recovered` and `failureEvent` of objects.
 *
 * A name can also be passed to a function in another way, or come from a template such as
 * `${name}-failed`. The sources do not distinguish such a name from other texts, so a new one is not
 * found: add it to the snapshot by hand. A name of the snapshot counts as present if the sources
 * contain it as a literal, or contain a matching template and the variable part as a literal.
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
      const member = memberEvent(node)
      if (member !== undefined) logged.add(member)
      if (!ts.isCallExpression(node) || !isLogCall(node)) continue
      const event = textOf(node.arguments.at(-1))
      if (event !== undefined) (event.includes('*') ? templates : logged).add(event)
    }
  }
  const known = Object.keys(frozen).filter((event) => {
    return (
      literals.has(event) || [...templates].some((template) => matches(event, template, literals))
    )
  })
  return Object.fromEntries([...logged, ...known].map((event) => [event, '']))
}

function memberEvent(node: ts.Node): string | undefined {
  if (!ts.isPropertyAssignment(node) || !members.has(node.name.getText())) return undefined
  const text = textOf(node.initializer)
  return text !== undefined && eventName.test(text) ? text : undefined
}

function isLogCall({ expression, arguments: args }: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(expression) || !levels.has(expression.name.text)) return false
  return args.length > 0 && args.length <= 2 && /log(ger)?$/i.test(expression.expression.getText())
}

/**
 * Whether a name matches a template with one `*` whose variable part is a literal in the sources.
 */
function matches(event: string, template: string, literals: ReadonlySet<string>): boolean {
  const [head = '', tail, ...more] = template.split('*')
  if (tail === undefined || more.length > 0) return false
  if (!event.startsWith(head) || !event.endsWith(tail)) return false
  return literals.has(event.slice(head.length, event.length - tail.length))
}
