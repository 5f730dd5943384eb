import type { EdgeNode } from '../cluster/edge-node.ts'

/** An idle node that is ready, unless told. */
export const edgeNode = (known: Pick<EdgeNode, 'name'> & Partial<EdgeNode>): EdgeNode => ({
  id: `${known.name}.1`,
  host: '10.0.0.1',
  port: 7_000,
  zone: '',
  region: '',
  state: 'ready',
  reason: '',
  weight: 1,
  headroom: 100,
  sessions: 0,
  maxSessions: 1_000,
  heardAtMs: 0,
  ...known,
})
