import { expect } from 'chai'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'

const textOf = (map: string): string =>
  `name = "drives"\nfrom.files.match = ["*"]\nto = "readings"\n[map]\n${map}\n`

describe('The declaration of a pipeline whose files are readings', () => {
  const faultsOf = (text: string): string[] => {
    const parsed = parsePipeline(text, () => ({ fault: '' }))
    return parsed.ok
      ? []
      : parsed.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
  }

  it('names each wrong key with what is expected', () => {
    expect(faultsOf(textOf('format = "gpx"\nvehicle = "{vehicle}"'))).to.have.length(1)
    expect(faultsOf(textOf('format = "gpx"'))[0]).to.include(
      'map.vehicle: expected the vehicle of all files',
    )
    expect(faultsOf(textOf('format = "csv"\nvehicle = "A"\ntime_offset = "CET"'))[0]).to.include(
      'map.time_offset',
    )
    expect(
      faultsOf(
        textOf('format = "csv"\nvehicle = "A"\nfields.speed = { from = "s", unit = "x" }'),
      )[0],
    ).to.include('with one of the units m/s, km/h, mph, kn, m, ft')
    expect(faultsOf(textOf('format = "gpx"\nvehicle = "A"\ndelimiter = ";"'))[0]).to.include(
      'only for format = "csv"',
    )
  })

  it('names the reserved name, a longest pause below the first one, and wrong keys of map, in the order of the file', () => {
    const map = 'format = "gpx"\nvehicle = "A"\ndelimiter = ";"'
    const text = `name = "readings"\nfrom.files.match = ["*"]\nto = "readings"\nretry = { first = "30 s", longest = "10 s" }\n[map]\n${map}\n`
    expect(faultsOf(text)).to.deep.equal([
      '1:8 name: "readings" is the pipeline of the vehicles; choose another name.',
      '4:37 retry.longest: it is the longest pause, so it cannot be below retry.first.',
      '8:13 map.delimiter: only for format = "csv"; remove this key.',
    ])
  })
})
