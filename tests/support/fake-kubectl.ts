import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { identify } from '../../services/runtime/process/process-identity.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** What the command `kubectl` answers to arguments that contain a text. */
export type Answer = {
  readonly to: string
  readonly out?: string
  readonly err?: string
  /** Whether it is given only once. */
  readonly once?: boolean
}

/**
 * A program that notes its arguments and prints the first answer whose text they contain. With `err` it fails.
 * `port-forward` listens like kubectl, and sends each connection to the port that `reached` has for that of the pod.
 */
const program = `#!${process.execPath}
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs')
const { connect, createServer } = require('node:net')
const folder = __dirname + '/'
// The option of all short requests comes first.
const args = process.argv.slice(2).sort((one, other) => isTimeout(one) - isTimeout(other))
function isTimeout(arg) {
  return Number(arg.startsWith('--request-timeout='))
}
const file = args.find((each) => each.startsWith('--filename='))?.slice('--filename='.length)
const input = file && JSON.parse(readFileSync(file, 'utf8'))
const note = () => appendFileSync(folder + 'calls', JSON.stringify({ args, input }) + '\\n')
if (args[0] === 'port-forward') {
  note()
  appendFileSync(folder + 'forwards', process.pid + '\\n')
  const [local, remote] = args.at(-1).split(':')
  const port = JSON.parse(readFileSync(folder + 'reached', 'utf8'))[remote]
  const server = createServer((client) => {
    const pod = connect(port, '127.0.0.1')
    for (const socket of [client, pod]) socket.on('error', () => undefined)
    client.pipe(pod).pipe(client)
  })
  server.listen(Number(local), '127.0.0.1', () => {
    console.log('Forwarding from 127.0.0.1:' + local + ' -> ' + remote)
  })
} else {
  const lines = readFileSync(folder + 'answers', 'utf8').split('\\n').filter(Boolean)
  const index = lines.findLastIndex((line) => args.join(' ').includes(JSON.parse(line).to))
  const answer = index < 0 ? undefined : JSON.parse(lines[index])
  if (answer?.once) {
    lines.splice(index, 1)
    writeFileSync(folder + 'answers', lines.map((line) => line + '\\n').join(''))
  }
  note()
  if (answer === undefined) {
    console.error('error: no answer to ' + args.join(' '))
    process.exit(1)
  }
  if (answer.err !== undefined) {
    console.error(answer.err)
    process.exit(1)
  }
  process.stdout.write(answer.out ?? '')
}
`

type Call = { readonly args: readonly string[]; readonly input?: { readonly items: object[] } }

/** A command `kubectl` on the PATH of this process until it is disposed. */
export class FakeKubectl implements Disposable {
  readonly #folder = new TemporaryFolder()
  readonly #path = process.env['PATH'] ?? ''

  constructor() {
    writeFileSync(join(this.#folder.path, 'package.json'), '{"type":"commonjs"}')
    writeFileSync(join(this.#folder.path, 'kubectl'), program, { mode: 0o755 })
    for (const name of ['answers', 'calls', 'reached', 'forwards'])
      writeFileSync(this.#file(name), '')
    process.env['PATH'] = [this.#folder.path, this.#path].join(delimiter)
    this.answer({ to: 'config current-context', out: 'test\n' })
  }

  /** The folder of the command, for the PATH of another process. */
  get folder(): string {
    return this.#folder.path
  }

  /** From now on; a later answer comes before an earlier one. */
  answer(...answers: readonly Answer[]): void {
    for (const answer of answers)
      appendFileSync(this.#file('answers'), `${JSON.stringify(answer)}\n`)
  }

  /** The objects of a kind that `kubectl get` lists. */
  list(kind: string, items: readonly object[]): void {
    this.answer({
      to: `get ${kind} `,
      out: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    })
  }

  /** The ports of this machine to which `kubectl port-forward` leads instead of pods, by the port of the pod. */
  reach(ports: Readonly<Record<number, number>>): void {
    writeFileSync(this.#file('reached'), JSON.stringify(ports))
  }

  /** Process ids of the running `kubectl port-forward`. */
  runningForwards(): number[] {
    const lines = readFileSync(this.#file('forwards'), 'utf8').split('\n').filter(Boolean)
    return lines.map(Number).filter((pid) => identify(pid) !== undefined)
  }

  /** Ends them, as the end of their pods does. */
  endForwards(): void {
    for (const pid of this.runningForwards()) process.kill(pid)
  }

  /** The calls since the last question. */
  calls(): Call[] {
    const lines = readFileSync(this.#file('calls'), 'utf8').split('\n').filter(Boolean)
    writeFileSync(this.#file('calls'), '')
    return lines.map((line) => JSON.parse(line) as Call)
  }

  /** The calls that change something, without the arguments that all have. */
  changes(): string[] {
    const common = /^--(context|namespace|request-timeout|output)=/
    return this.calls()
      .map(({ args }) => args.filter((each) => !common.test(each)).join(' '))
      .filter((line) => /^(create|delete|scale|rollout) /.test(line))
  }

  #file(name: string): string {
    return join(this.#folder.path, name)
  }

  [Symbol.dispose](): void {
    process.env['PATH'] = this.#path
    this.#folder[Symbol.dispose]()
  }
}
