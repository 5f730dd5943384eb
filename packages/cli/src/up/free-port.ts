import { createServer } from 'node:net'

/** Rejects with the system's error when nobody could listen there now. Port 0 always fits. */
export function checkPortFree(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
