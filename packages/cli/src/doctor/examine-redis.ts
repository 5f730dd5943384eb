import { connectRedis, findPrimary, parseRedisAddress } from '@skein/server'
import { bad, type Finding } from './finding.ts'
import { judgeRedisVersion } from './judge.ts'

/** Connects to Redis as a node does, by the Sentinels where there are any, and asks what it is. */
export async function examineRedis(url: string): Promise<Finding> {
  try {
    const address = parseRedisAddress(url)
    const server = await findPrimary(address)
    const client = await connectRedis(address, server, { name: 'skein-doctor', onLost: () => undefined })
    try {
      const told: unknown = await client.sendCommand(['INFO', 'server'])
      const version = /^redis_version:(\S+)/m.exec(typeof told === 'string' ? told : '')?.[1]
      return judgeRedisVersion(version ?? '')
    } finally {
      client.destroy()
    }
  } catch (error) {
    return bad(
      'Redis',
      error instanceof Error ? error.message : String(error),
      'Check that it runs, and SKEIN_REDIS_URL.',
    )
  }
}
