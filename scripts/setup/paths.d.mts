/** A virtual environment of Python that has schemathesis, if it could be installed. */
export const schemathesisFolder: string
