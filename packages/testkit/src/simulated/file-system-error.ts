/** An error as Node's file system throws it, with its `code`. */
export function fileSystemError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
}
