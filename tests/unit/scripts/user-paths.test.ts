import { resolve } from 'node:path'
import { expect } from 'chai'
import { chosenHome, userPath } from '../../../scripts/cli/user-paths.ts'

const names = ['INIT_CWD', 'AV_TELEMETRY_HOME'] as const

describe('paths given by the user', () => {
  const before = names.map((name) => [name, process.env[name]] as const)
  const restore = (): void => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = value
    }
  }
  beforeEach(() => {
    process.env['INIT_CWD'] = '/home/me'
  })
  afterEach(restore)

  it('are relative to the folder in which the command was run', () => {
    expect(userPath('drive.csv')).to.equal('/home/me/drive.csv')
    expect(userPath('/drive.csv')).to.equal('/drive.csv')
    Reflect.deleteProperty(process.env, 'INIT_CWD')
    expect(userPath('drive.csv')).to.equal(resolve('drive.csv'))
  })

  for (const [home, expected] of [
    ['state', '/home/me/state'],
    ['../state', '/home/state'],
    ['/srv/state', '/srv/state'],
    ['', undefined],
  ] as const) {
    it(`resolve the state folder "${home}" to ${expected ?? 'none'}`, () => {
      process.env['AV_TELEMETRY_HOME'] = home
      expect(chosenHome()).to.equal(expected)
    })
  }

  it('have no state folder if AV_TELEMETRY_HOME is not set', () => {
    Reflect.deleteProperty(process.env, 'AV_TELEMETRY_HOME')
    expect(chosenHome()).to.equal(undefined)
  })
})
