import ts from 'typescript'
import { dashboardDocument } from '../../../services/dashboard/http/openapi.ts'
import * as dashboardProblems from '../../../services/dashboard/http/problems.ts'
import { openApiDocument } from '../../../services/producer/openapi.ts'
import * as producerProblems from '../../../services/producer/problems.ts'
import type { Contract } from './frozen.ts'
import { schemaEntries } from './json-entries.ts'
import { nodesOf, parsedSources, textOf } from './sources.ts'

/** The content of both OpenAPI documents: paths, parameters, bodies, responses and their fields. */
export function httpDocuments(): Contract {
  const now = Date.UTC(2026, 0, 31, 12)
  const documents = {
    producer: openApiDocument('/events', { now }),
    dashboard: dashboardDocument(),
  }
  const entries = Object.entries(documents).flatMap(([service, { info, ...document }]) => {
    const { version } = info as { version: string }
    return Object.entries({
      [`${service} version`]: version,
      ...schemaEntries(document, service),
    })
  })
  return Object.fromEntries(entries)
}

const routeMethods = new Set(['route', 'use', 'get', 'post', 'put', 'patch', 'delete'])

/** Every path registered with Express, documented or not, by service. */
export function httpRoutes(): Contract {
  const routes = parsedSources(['services']).flatMap((source) =>
    nodesOf(source).flatMap((node) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
      const method = node.expression.name.text
      if (!routeMethods.has(method)) return []
      return pathsOf(node.arguments[0]).map((path) => `${serviceOf(source)} ${method} ${path}`)
    }),
  )
  return Object.fromEntries(routes.map((route) => [route, '']))
}

function pathsOf(node: ts.Node | undefined): string[] {
  if (node === undefined) return []
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(pathsOf)
  const text = textOf(node)
  return text?.startsWith('/') ? [text] : []
}

/** The folder of the service; `http` for code that all services share. */
function serviceOf({ fileName }: ts.SourceFile): string {
  const [, folder = '', subfolder = ''] = fileName.split('/')
  return folder === 'adapters' ? subfolder : folder
}

type ProblemText = { readonly status: number; readonly title: string; readonly detail: string }

/** The detail of every problem document, by service, status and title. */
export function problemTexts(): Contract {
  const details = new Map<string, string>()
  const modules = { producer: producerProblems, dashboard: dashboardProblems }
  for (const [service, module] of Object.entries(modules)) {
    for (const problem of Object.values(module)) {
      if (typeof problem === 'function') continue
      details.set(`${service} ${problem.status} ${problem.title}`, problem.detail)
    }
  }
  for (const source of parsedSources(['services'])) {
    for (const node of nodesOf(source)) {
      const problem = ts.isObjectLiteralExpression(node) ? problemTextIn(node) : undefined
      if (problem === undefined) continue
      const name = `${serviceOf(source)} ${problem.status} ${problem.title}`
      if (!details.has(name)) details.set(name, problem.detail)
    }
  }
  return Object.fromEntries(details)
}

/**
 * The problem in an object literal with status, title and detail; `*` for parts known only at run
 * time.
 */
function problemTextIn(node: ts.ObjectLiteralExpression): ProblemText | undefined {
  const values = new Map(
    node.properties.map((property) => [property.name?.getText(), initializerOf(property)]),
  )
  const status = values.get('status')
  const title = textOf(values.get('title'))
  if (status === undefined || title === undefined || !values.has('detail')) return undefined
  if (!ts.isNumericLiteral(status)) return undefined
  return { status: Number(status.text), title, detail: textOf(values.get('detail')) ?? '*' }
}

/** The value of a property. For a shorthand property: of the constant in the same function. */
function initializerOf(property: ts.ObjectLiteralElementLike): ts.Expression | undefined {
  if (ts.isPropertyAssignment(property)) return property.initializer
  const enclosing = ts.findAncestor(property, ts.isFunctionLike)
  if (!ts.isShorthandPropertyAssignment(property) || enclosing === undefined) return undefined
  const constant = nodesOf(enclosing)
    .filter(ts.isVariableDeclaration)
    .find(({ name }) => name.getText() === property.name.text)
  return constant?.initializer
}
