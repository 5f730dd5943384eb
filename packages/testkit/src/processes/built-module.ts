/** Path of a built module of this package, also when the caller runs from the sources. */
export function builtModule(path: string): string {
  const here = new URL('../', import.meta.url)
  const inDist = here.pathname.endsWith('/src/') ? new URL('../dist/', here) : here
  return new URL(path, inDist).pathname
}
