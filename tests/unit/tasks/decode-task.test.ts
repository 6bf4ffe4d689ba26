import { expect } from 'chai'
import fc from 'fast-check'
import { ClientRecord } from '../../../services/adapters/kafka/consumed-batch.ts'
import { decodeTask } from '../../../services/tasks/messages/decode-task.ts'
import { memberTexts } from '../../../services/tasks/messages/json-members.ts'

const step = { kind: 'run-by', method: 'method', params: 'params' } as const

type Message = {
  readonly value: string | Buffer | null
  readonly key?: Buffer | null
  readonly headers?: Readonly<Record<string, string>>
}

const decode = (
  { value, key = null, headers = {} }: Message,
  used: Parameters<typeof decodeTask>[0] = step,
) => {
  const bytes = value === null ? null : Buffer.from(value)
  const fields = { key, headers, timestamp: '0', attributes: 0 }
  const record = new ClientRecord({ ...fields, value: bytes, offset: '7' })
  return decodeTask(used, record, { logId: 3, partition: 2 })
}
const refusal = (message: Message) => {
  const entry = decode(message)
  return entry.kind === 'refused' ? `${entry.code}: ${entry.detail}` : entry.row
}
const rowOf = (message: Message, used?: Parameters<typeof decodeTask>[0]) => {
  const entry = decode(message, used)
  return entry.kind === 'row' ? entry.row : entry.detail
}

describe('A message of a task pipeline', () => {
  it('becomes a task whose unit is the position of the record', () => {
    const value = '{"method":"add","params":{"a":1}}'
    expect(rowOf({ value, key: Buffer.from('T-1') })).to.deep.equal({
      ...{ unit: '3-2-7', method: 'add', params: '{"a":1}', transactionKey: 'T-1' },
    })
  })

  it('has the unit that its header "id" names', () => {
    const value = '{"method":"add"}'
    expect(rowOf({ value, headers: { id: 'job:12' } })).to.include({ unit: 'job:12', params: '{}' })
  })

  it('cannot take the unit of another message, of a window or of the API by its header "id"', () => {
    const value = '{"method":"add"}'
    for (const id of ['3-2-8', 'run:1/2', 'api:1', 'id:3-2-8'])
      expect(rowOf({ value, headers: { id } })).to.include({ unit: `id:${id}` })
  })

  it('keeps the text of its parameters with all digits', () => {
    const params = '{ "n": 12345678901234567890.10, "t": "},{\\"" }'
    const value = ` {"params" : {"old":1}, "method":"add","params" : ${params} , "x":[1,{"params":2}]} `
    expect(rowOf({ value })).to.include({ method: 'add', params })
  })

  describe('whose pipeline has only the field of the handler', () => {
    const open = { kind: 'run-by', method: 'worker_run_method', params: undefined } as const

    it('is the parameters without this field, with all digits', () => {
      const value =
        '{"data": {"n": 1.50, "worker_run_method": 7}, "worker_run_method": "a.b", "arg1" :"te\\"st","arg1":12345678901234567890}'
      const params = '{"data":{"n": 1.50, "worker_run_method": 7},"arg1":12345678901234567890}'
      expect(rowOf({ value }, open)).to.include({ method: 'a.b', params })
    })

    it('has no parameters if it has no other field', () => {
      expect(rowOf({ value: '{"worker_run_method":"a"}' }, open)).to.include({ params: '{}' })
    })

    it('is refused if it is no object or names no handler', () => {
      expect(rowOf({ value: '"a"' }, open)).to.equal(
        'The message is not an object. Expected { "worker_run_method": "HANDLER", … }.',
      )
      expect(rowOf({ value: '{"method":"a"}' }, open)).to.match(/no field "worker_run_method"/)
    })

    it('has the parameters that JSON.parse finds', () => {
      fc.assert(
        fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
          const text = JSON.stringify({ ...fields, worker_run_method: 'a' })
          const row = rowOf({ value: text }, open)
          if (typeof row === 'string') throw new Error(row)
          const { worker_run_method: method, ...rest } = JSON.parse(text) as Record<string, unknown>
          expect(method).to.equal('a')
          expect(JSON.parse(row.params)).to.deep.equal(rest)
        }),
      )
    })
  })

  it('is the parameters of a fixed handler', () => {
    expect(rowOf({ value: ' [1.50] ' }, { kind: 'run', handler: 'load' })).to.include({
      ...{ method: 'load', params: '[1.50]' },
    })
  })

  it('is refused as not-json, with a hint if it is the text of a Python object', () => {
    expect(refusal({ value: "{'method': 'add', 'params': None}" })).to.match(
      /^not-json: The message is not JSON: .*It looks like the text of a Python object\. Write it with json\.dumps\(\)/,
    )
    expect(refusal({ value: '{"method": "add",}' })).to.match(/^not-json: (?!.*Python)/)
  })

  it('is refused as bad-message if it names no handler', () => {
    expect(refusal({ value: '[1]' })).to.equal(
      'bad-message: The message is not an object. Expected { "method": "HANDLER", "params": {} }.',
    )
    expect(refusal({ value: '{"Method":"add"}' })).to.match(
      /^bad-message: The message has no field "method"/,
    )
    expect(refusal({ value: '{"method":7}' })).to.match(
      /^bad-message: The field "method" must be the name/,
    )
  })

  it('is refused if it has no value, is not UTF-8, is nested too deep, or has a key or id that cannot be stored', () => {
    const bytes = Buffer.from([0xff])
    const value = '{"method":"add"}'
    expect(refusal({ value: null })).to.match(/^no-value/)
    expect(refusal({ value: bytes })).to.match(/^not-utf8: The value/)
    expect(refusal({ value, key: bytes })).to.match(/^not-utf8: The key/)
    expect(refusal({ value, key: Buffer.from('\0') })).to.match(/^bad-message: The key/)
    expect(refusal({ value, headers: { id: 'x'.repeat(501) } })).to.match(
      /^bad-message: The header/,
    )
    expect(refusal({ value: '['.repeat(501) + ']'.repeat(501) })).to.match(/^too-deep/)
  })
})

describe('The texts of the members of a JSON object', () => {
  it('parse to the same values as the whole object, for any object and any spacing', () => {
    const spacing = fc.constantFrom(undefined, 1, '\t')
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), spacing, (object, space) => {
        const json = JSON.stringify(object, null, space)
        const members = [...memberTexts(json)].map(([name, text]): [string, unknown] => [
          name,
          JSON.parse(text),
        ])
        expect(Object.fromEntries(members)).to.deep.equal(JSON.parse(json))
      }),
    )
  })
})
