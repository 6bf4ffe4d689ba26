import { expect } from 'chai'
import { NewReasons } from '../../../services/runtime/retry.ts'

const withCode = (code: string) => Object.assign(new Error('failed'), { code })

const systemError = (code: string, syscall: string, path: string) =>
  Object.assign(new Error(`${code}: failed, ${syscall} '${path}'`), { code, syscall, path })

describe('NewReasons', () => {
  it('finds each reason new once, also if reasons alternate', () => {
    const reasons = new NewReasons()
    const [refused, denied] = [new Error('connection refused'), new Error('wrong password')]
    const found = [refused, denied, refused, denied].map((error) => reasons.note(error))
    expect(found).to.deep.equal([true, true, false, false])
  })

  it('finds a reason new again after a success', () => {
    const reasons = new NewReasons()
    reasons.note('refused')
    expect([reasons.isFailing, reasons.clear(), reasons.isFailing]).to.deep.equal([
      true,
      true,
      false,
    ])
    expect([reasons.clear(), reasons.note('refused')]).to.deep.equal([false, true])
  })

  it('takes errors with other ports or offsets as the same, but not those with another code or status', () => {
    const reasons = new NewReasons()
    const errors = [new Error('no answer from 127.0.0.1:40112'), new Error('HTTP 503')]
    const others = [new Error('no answer from 127.0.0.1:51999'), new Error('HTTP 401')]
    const coded = [withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]
    const found = [...errors, ...others, ...coded].map((error) => reasons.note(error))
    expect(found).to.deep.equal([true, true, false, true, true, true])
  })

  it('takes failed system calls for different files as the same, also below a sentence that names the object', () => {
    const reasons = new NewReasons()
    const failures = ['a', 'b'].map((name) => {
      const cause = systemError('ENOTDIR', 'mkdir', `/bucket/${name}`)
      return new Error(`The result ${name} was not stored: ${cause.message}`, { cause })
    })
    const other = new Error('The result c was not stored', {
      cause: systemError('ENOSPC', 'write', '/bucket/c'),
    })
    const found = [...failures, other].map((error) => reasons.note(error))
    expect(found).to.deep.equal([true, false, true])
  })

  it('finds at most 20 reasons new, so that texts that always differ do not fill the log', () => {
    const reasons = new NewReasons()
    const found = Array.from({ length: 100 }, (_, index) => reasons.note(`reason ${index}`))
    expect(found.filter(Boolean)).to.have.length(20)
  })
})
