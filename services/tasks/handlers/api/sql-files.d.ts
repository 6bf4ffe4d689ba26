/** The text of a SQL file that a handler imports. */
declare module '*.sql' {
  const text: string
  export default text
}
