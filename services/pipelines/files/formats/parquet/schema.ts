import type { FileMetaData, SchemaElement } from 'hyparquet'
import { FileFault } from '../../file-fault.ts'

/** The fields of the rows, by name. @member scale the digits after the point of a decimal; undefined for other types */
export type RowSchema = ReadonlyMap<string, { readonly scale: number | undefined }>

/**
 * The fields of a file. The library divides decimals as floating-point numbers, so their type is removed from the
 * metadata: the rows then have their digits as whole numbers.
 *
 * @param fields the names of the fields that are needed
 * @throws FileFault if a needed field has decimals inside a list or a structure
 */
export function takeSchema(metadata: FileMetaData, fields: readonly string[]): RowSchema {
  const schema = new Map<string, { scale: number | undefined }>()
  const [root, ...elements] = metadata.schema
  let at = 0
  for (let count = root?.num_children ?? 0; count > 0; count -= 1) {
    const [element, ...inside] = elements.slice(at, endOfField(elements, at))
    if (element === undefined) break
    at += 1 + inside.length
    const hasDecimals = inside.some((each) => isDecimal(each))
    if (hasDecimals && fields.includes(element.name))
      throw new FileFault(
        `The field ${JSON.stringify(element.name)} has decimals inside a list or a structure, which cannot be read exactly.`,
      )
    schema.set(element.name, { scale: isDecimal(element) ? (element.scale ?? 0) : undefined })
    if (!isDecimal(element)) continue
    delete element.converted_type
    delete element.logical_type
  }
  return schema
}

const isDecimal = ({ converted_type: converted, logical_type: logical }: SchemaElement): boolean =>
  converted === 'DECIMAL' || logical?.type === 'DECIMAL'

/** The elements are in the order of a tree: an element is followed by its children. */
function endOfField(elements: readonly SchemaElement[], begin: number): number {
  let end = begin
  for (let open = 1; open > 0 && end < elements.length; end += 1)
    open += (elements[end]?.num_children ?? 0) - 1
  return end
}
