/** Why a file cannot be loaded, as a sentence for users. No line of it is stored. */
export class FileFault extends Error {
  override readonly name = 'FileFault'
}
