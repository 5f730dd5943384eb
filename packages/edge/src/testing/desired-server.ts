import type { DesiredServer } from '../driver/driver.ts'

/** A server that is ready, near and idle, unless told. */
export const desiredServer = (
  known: Pick<DesiredServer, 'name'> & Partial<DesiredServer>,
): DesiredServer => ({
  host: '127.0.0.1',
  port: 7_000,
  zone: '',
  region: '',
  weight: 256,
  state: 'ready',
  reason: '',
  backup: false,
  maxConnections: 0,
  ...known,
})
