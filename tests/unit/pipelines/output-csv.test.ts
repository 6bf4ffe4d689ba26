import { expect } from 'chai'
import type { OutputTable } from '../../../services/ledger/task-output.ts'
import { chooseTable, toCsv } from '../../../services/pipelines/tasks/output-csv.ts'

const aTable = (name: string, fields: readonly string[] = []): OutputTable => {
  return { name, refresh: false, rows: 1, fields }
}

/** The CSV of an object that arrives in pieces of `size` bytes. */
async function csvOf(lines: readonly string[], table: OutputTable, size = 7): Promise<string> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  let text = ''
  for await (const piece of toCsv(fromArray(pieces), table)) text += piece
  return text
}

async function* fromArray(pieces: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  for (const piece of pieces) yield await Promise.resolve(piece)
}

describe('CSV of the result of a task', () => {
  it('has a header and the rows of one table, with empty fields for values that are missing or null', async () => {
    const lines = [
      '{"table":"a","row":{"id":1,"name":"Grün","ok":true}}',
      '{"table":"b","row":{"id":9}}',
      '{"table":"a","row":{"name":null,"id":2}}',
    ]
    expect(await csvOf(lines, aTable('a', ['id', 'name', 'ok', 'constructor']))).to.equal(
      'id,name,ok,constructor\r\n1,Grün,true,\r\n2,,,\r\n',
    )
  })

  it('quotes texts with commas, quotes, line breaks or spaces at their ends, and empty texts', async () => {
    const row = { a: 'x,y', b: 'say "no"', c: 'two\nlines', d: ' x', e: '' }
    const table = aTable('t', Object.keys(row))
    expect(await csvOf([JSON.stringify({ table: 't', row })], table)).to.equal(
      'a,b,c,d,e\r\n"x,y","say ""no""","two\nlines"," x",""\r\n',
    )
  })

  it('keeps all digits of numbers, and writes objects and arrays as JSON', async () => {
    const line =
      '{"table":"t","row":{"id":9007199254740993,"tags":["a",1],"o":{"n":12345678901234567890}}}'
    expect(await csvOf([line], aTable('t', ['id', 'tags', 'o']))).to.equal(
      'id,tags,o\r\n9007199254740993,"[""a"",1]","{""n"":12345678901234567890}"\r\n',
    )
  })

  it('is one empty line for a result without rows', async () => {
    const chosen = chooseTable([], undefined)
    if (!chosen.ok) throw new Error(chosen.reason)
    expect(await csvOf([], chosen.table)).to.equal('\r\n')
  })

  it('needs the name of a table if the result has several, and says which there are', () => {
    const tables = [aTable('a'), aTable('b')]
    const reasonOf = (name?: string) => {
      const chosen = chooseTable(tables, name)
      return chosen.ok ? chosen.table.name : chosen.reason
    }
    expect(reasonOf('b')).to.equal('b')
    expect(reasonOf()).to.equal('The result has several tables: "a", "b". Choose one of them.')
    expect(reasonOf('c')).to.equal('The result has no table "c". Its tables are: "a", "b".')
    expect(chooseTable([aTable('a')], undefined)).to.deep.equal({ ok: true, table: aTable('a') })
  })
})
