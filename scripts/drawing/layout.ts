import { roleNames } from '../../infra/topology/registry.ts'
import type { DrawnContainer, DrawnRole } from './drawn-container.ts'
import { boxHeight, boxWidth } from './box.ts'
import type { Rect } from './svg.ts'
import { bottom, centre, right } from './svg.ts'

/** A container and where it is drawn. */
type Placed = { readonly container: DrawnContainer; readonly box: Rect }

/** All instances of a role; several stand in a field of their own, to which the arrows lead. */
export type Group = {
  readonly role: DrawnRole
  readonly placed: readonly Placed[]
  readonly field: Rect
}

export type Layout = {
  readonly groups: readonly Group[]
  /** The bridge network. */
  readonly frame: Rect
}

const margin = 16
/** Room beside the network, for those who come from outside. */
const outside = 88
const framePadding = 20
const frameHead = 56
const boxGap = { across: 36, down: 12 }
const fieldPadding = 12
/** Room in a field for a line above its boxes. */
const fieldHead = 14
export const rowGap = 60
/** Between the ingress and the producers. */
const columnGap = 76

const left = margin + outside + framePadding
const main = left + boxWidth + columnGap
/** How many of our services stand side by side. */
const inMain = 4
const mainWidth = inMain * boxWidth + (inMain - 1) * boxGap.across + 2 * fieldPadding

/** The middles of the columns: what leads in, the four of our services that use the servers, and the middle of those. */
const columns = [
  left + boxWidth / 2,
  ...[0, 1, 2, 3, (inMain - 1) / 2].map(
    (column) => main + fieldPadding + column * (boxWidth + boxGap.across) + boxWidth / 2,
  ),
]

type Cell = { readonly row: number; readonly column: number; readonly isAcross: boolean }

const across = (row: number): Cell => ({ row, column: 5, isAcross: true })
const down = (row: number, column: number): Cell => ({ row, column, isAcross: false })

/**
 * Our services stand between the brokers and the database, which all of them use: so no two arrows
 * cross, and the path of a reading goes round.
 */
const cells: Readonly<Partial<Record<DrawnRole, Cell>>> = {
  zookeeper: across(0),
  fleet: down(1, 0),
  kafka: across(1),
  ingress: down(2, 0),
  producer: down(2, 1),
  consumer: down(2, 2),
  provision: down(2, 3),
  dashboard: down(2, 4),
  secrets: down(3, 0),
  postgres: across(3),
}
const firstFreeRow = 4

/** Roles without a place above stand below all others. */
const withoutCell = roleNames.filter((role) => cells[role] === undefined)

function cellOf(role: DrawnRole): Cell {
  const index = withoutCell.findIndex((name) => name === role)
  const below = down(firstFreeRow + Math.floor(index / inMain), 1 + (index % inMain))
  return cells[role] ?? below
}

/** Where everything is; as wide for every configuration, as high as it takes. */
export function layoutOf(containers: readonly DrawnContainer[]): Layout {
  const roles = [...new Set(containers.map(({ role }) => role))]
  const groups = roles.map((role) =>
    groupOf(
      role,
      containers.filter((container) => container.role === role),
    ),
  )
  const tops = topsOfRows(groups)
  const placed = groups.map((group) => inItsCell(group, tops))
  const height = Math.max(...placed.map(({ field }) => bottom(field))) + framePadding - margin
  const x = margin + outside
  const width = main + mainWidth + framePadding - x
  return { groups: placed, frame: { x, y: margin, width, height } }
}

/** The size of the picture above what is below the frame. */
export function edgeOf({ frame }: Layout): { readonly width: number; readonly height: number } {
  return { width: right(frame) + margin, height: bottom(frame) + margin }
}

/** A group with its upper left corner at 0, 0. */
function groupOf(role: DrawnRole, containers: readonly DrawnContainer[]): Group {
  const perRow = cellOf(role).isAcross ? 3 : 1
  const isAlone = containers.length === 1
  const [padding, head] = isAlone ? [0, 0] : [fieldPadding, perRow > 1 ? fieldHead : 0]
  const height = Math.max(...containers.map(boxHeight))
  const placed = containers.map((container, index) => ({
    container,
    box: {
      x: padding + (index % perRow) * (boxWidth + boxGap.across),
      y: padding + head + Math.floor(index / perRow) * (height + boxGap.down),
      width: boxWidth,
      height,
    },
  }))
  const width = Math.max(...placed.map(({ box }) => right(box))) + padding
  const field = {
    x: 0,
    y: 0,
    width,
    height: Math.max(...placed.map(({ box }) => bottom(box))) + padding,
  }
  return { role, placed, field }
}

type Row = { readonly top: number; readonly height: number }

function topsOfRows(groups: readonly Group[]): Row[] {
  const rows: Row[] = []
  let top = margin + frameHead
  for (let row = 0; row <= Math.max(...groups.map(({ role }) => cellOf(role).row)); row += 1) {
    const inRow = groups.filter(({ role }) => cellOf(role).row === row)
    const height = Math.max(...inRow.map(({ field }) => field.height))
    rows.push({ top, height })
    top += height + rowGap
  }
  return rows
}

function inItsCell({ role, placed, field }: Group, rows: readonly Row[]): Group {
  const cell = cellOf(role)
  const row = rows[cell.row] ?? { top: 0, height: 0 }
  const middle = centre(field)
  const offset = {
    x: (columns[cell.column] ?? 0) - middle.x,
    y: Math.round(row.top + row.height / 2) - middle.y,
  }
  const moved = (shape: Rect): Rect => ({
    ...shape,
    x: shape.x + offset.x,
    y: shape.y + offset.y,
  })
  return {
    role,
    placed: placed.map(({ container, box }) => ({ container, box: moved(box) })),
    field: moved(field),
  }
}
