import type { FastifyInstance } from 'fastify'
import * as z from 'zod/mini'
import type { ClusterStatus } from '../member/status.ts'
import { isOwnPage } from './own-page.ts'

export interface DemoClusterOptions {
  readonly status: () => ClusterStatus
  /** Kills a node for real; only a supervisor can. */
  readonly kill?: (node: string) => void
}

const KillRequest = z.object({ node: z.string().check(z.minLength(1), z.maxLength(64)) })

/** What the demo page shows of the cluster, and its button that kills a node. */
export async function demoClusterRoutes(server: FastifyInstance, options: DemoClusterOptions): Promise<void> {
  server.addHook('onRequest', async (request, reply) => {
    if (!isOwnPage(request))
      return reply.code(403).send({ title: 'The demo is for the page on this machine only.' })
  })

  server.get('/demo/cluster', async () => {
    const { self, nodes } = options.status()
    return {
      self,
      mayKill: options.kill !== undefined,
      nodes: nodes.map(({ name, state, load, sinceMs }) => {
        return { name, state, sessions: load?.sessions ?? 0, headroom: load?.headroom ?? 0, sinceMs }
      }),
    }
  })

  server.post('/demo/cluster/kill', async (request, reply) => {
    if (options.kill === undefined)
      return reply.code(404).send({ title: 'Only skein up can kill a node and start it again.' })
    const asked = KillRequest.safeParse(request.body)
    if (!asked.success) return reply.code(400).send({ title: 'Say which node: {"node": "node-2"}.' })
    const { node } = asked.data
    if (!options.status().nodes.some(({ name }) => name === node))
      return reply.code(404).send({ title: `The cluster has no node ${node}.` })
    options.kill(node)
    return reply.code(202).send({ node })
  })
}
