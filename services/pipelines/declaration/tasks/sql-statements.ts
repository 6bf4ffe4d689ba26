/** A statement in a text of SQL. */
export type SqlStatement = {
  /** In upper case; undefined if the statement does not begin with a word. */
  readonly firstWord: string | undefined
  /** The parameters `$1`, `$2`, … by their numbers. */
  readonly parameters: ReadonlySet<number>
}

/**
 * Tokens of the SQL of Postgres. What is quoted or in a comment is one token. A token that begins a
 * quotation without its end is a single character.
 */
const tokens =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?<tag>(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[^]*?\$\k<tag>\$|\$(?<parameter>\d+)|\d[\w.]*|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|[^\s]/y

type Token = { readonly text: string; readonly word?: string; readonly parameter?: string }

/** Divides a text at the semicolons that end statements. Comments are left out. */
export function sqlStatements(text: string): SqlStatement[] {
  const statements: SqlStatement[] = []
  let present: { firstWord: string | undefined; parameters: Set<number> } | undefined
  for (const token of tokensOf(text)) {
    if (token.text === ';') {
      present = undefined
      continue
    }
    if (present === undefined) {
      present = { firstWord: token.word?.toUpperCase(), parameters: new Set() }
      statements.push(present)
    }
    if (token.parameter !== undefined) present.parameters.add(Number(token.parameter))
  }
  return statements
}

function* tokensOf(text: string): Generator<Token> {
  for (let match = nextToken(text, 0); match !== null; match = nextToken(text, tokens.lastIndex)) {
    const [token] = match
    if (token === '/*') tokens.lastIndex = endOfComment(text, match.index)
    else if (!token.startsWith('--')) yield { text: token, ...match.groups }
  }
}

function nextToken(text: string, begin: number): RegExpExecArray | null {
  spaces.lastIndex = begin
  spaces.exec(text)
  tokens.lastIndex = spaces.lastIndex
  return tokens.exec(text)
}

const spaces = /\s*/y

/** Comments can contain comments. */
function endOfComment(text: string, begin: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = begin
  let depth = 0
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return text.length
}
