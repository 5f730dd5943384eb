/** The first with WebSockets over HTTP/2 and `use-server` by an expression. */
export const OLDEST = '2.4'

/** Whether that HAProxy can be driven: `2.6.12-1+deb12u4`, `3.0-dev1`. */
export function isSupported(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  if (major === undefined || minor === undefined) return false
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 4)
}
