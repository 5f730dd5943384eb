import { createHash } from 'node:crypto'
import * as z from 'zod'
import { BusError } from '../../bus/bus-error.ts'
import { readRecord, type NodeRecord } from '../node-record.ts'
import {
  CLUSTER_MEMORY_MS,
  LEASE_TTL_MS,
  RegistryError,
  type AnnounceOutcome,
  type JoinOutcome,
  type Listing,
  type Registry,
} from '../registry.ts'
import { listingOf } from './listing.ts'

/** The little of a Redis client that the registry needs: one for a single server or for Sentinel fits. */
export interface RedisCommands {
  send(args: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

export interface RedisRegistryOptions {
  readonly commands: RedisCommands
  /** Two clusters on one Redis keep apart by it. */
  readonly prefix?: string
}

/**
 * Keys: `node:NAME`, a hash that expires with its lease; `nodes`, the names by the end of their lease;
 * `epoch`; `secret`. Epochs go by the clock too, so that they grow over a Redis that lost its data.
 */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local prefix = KEYS[1]
local function lease(name, id, epoch, record)
  local key = prefix .. 'node:' .. name
  redis.call('HSET', key, 'id', id, 'epoch', epoch, 'record', record, 'expires', now + ${LEASE_TTL_MS})
  redis.call('PEXPIRE', key, ${LEASE_TTL_MS})
  redis.call('ZADD', prefix .. 'nodes', now + ${LEASE_TTL_MS}, name)
  redis.call('PEXPIRE', prefix .. 'secret', ${CLUSTER_MEMORY_MS})
end`

const JOIN = `${PRELUDE}
local name, id, record, fingerprint = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local secret = redis.call('GET', prefix .. 'secret')
if secret and secret ~= fingerprint then return {now, 'wrongSecret', ''} end
local holder = redis.call('HGET', prefix .. 'node:' .. name, 'id')
if holder and holder ~= id then return {now, 'nameTaken', holder} end
local epoch = math.max(now, tonumber(redis.call('GET', prefix .. 'epoch') or '0') + 1)
epoch = string.format('%.0f', epoch)
redis.call('SET', prefix .. 'epoch', epoch)
redis.call('SET', prefix .. 'secret', fingerprint)
redis.call('ZREMRANGEBYSCORE', prefix .. 'nodes', '-inf', now - 60000)
lease(name, id, epoch, record)
return {now, 'joined', epoch}`

const ANNOUNCE = `${PRELUDE}
local name, id, record, epoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local held = redis.call('HMGET', prefix .. 'node:' .. name, 'id', 'epoch')
if held[1] ~= id or held[2] ~= epoch then return {now, 'lapsed'} end
lease(name, id, epoch, record)
return {now, 'renewed'}`

const LEAVE = `${PRELUDE}
local name = ARGV[1]
if redis.call('HGET', prefix .. 'node:' .. name, 'id') == ARGV[2] then
  redis.call('DEL', prefix .. 'node:' .. name)
  redis.call('ZREM', prefix .. 'nodes', name)
end
return {now}`

const LIST = `${PRELUDE}
local nodes = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', prefix .. 'nodes', now + 1, '+inf')) do
  local held = redis.call('HMGET', prefix .. 'node:' .. name, 'record', 'epoch', 'expires')
  if held[1] then nodes[#nodes + 1] = {name, held[1], held[2], held[3]} end
end
return {now, nodes}`

const JoinAnswer = z.tuple([z.number(), z.enum(['joined', 'nameTaken', 'wrongSecret']), z.string()])
const AnnounceAnswer = z.tuple([z.number(), z.enum(['renewed', 'lapsed'])])
const ListAnswer = z.tuple([z.number(), z.array(z.tuple([z.string(), z.string(), z.string(), z.string()]))])
const LeaveAnswer = z.tuple([z.number()])

/** Leases on Redis, by the server's clock; every step is one script, so none can be half done. */
export class RedisRegistry implements Registry {
  readonly #commands: RedisCommands
  readonly #prefix: string

  constructor({ commands, prefix = 'skein:' }: RedisRegistryOptions) {
    this.#commands = commands
    // One hash tag: in a Redis Cluster all keys stand in one slot.
    this.#prefix = `{${prefix}registry}:`
  }

  async join(record: NodeRecord, fingerprint: string): Promise<JoinOutcome> {
    const args = [record.name, record.id, JSON.stringify(record), fingerprint]
    const [nowMs, kind, detail] = await this.#run(JOIN, args, JoinAnswer)
    switch (kind) {
      case 'joined':
        return { kind, epoch: Number(detail), nowMs }
      case 'nameTaken':
        return { kind, holder: detail, nowMs }
      case 'wrongSecret':
        return { kind, nowMs }
    }
  }

  async announce(record: NodeRecord, epoch: number): Promise<AnnounceOutcome> {
    const args = [record.name, record.id, JSON.stringify(record), String(epoch)]
    const [nowMs, kind] = await this.#run(ANNOUNCE, args, AnnounceAnswer)
    return { kind, nowMs }
  }

  async leave(id: string): Promise<void> {
    const name = id.slice(0, id.lastIndexOf('.'))
    await this.#run(LEAVE, [name, id], LeaveAnswer)
  }

  async list(): Promise<Listing> {
    const [nowMs, nodes] = await this.#run(LIST, [], ListAnswer)
    const leases = nodes.map(([name, record, epoch, expires]) => {
      return { name, record: recordOf(record), epoch: Number(epoch), expiresAtMs: Number(expires) }
    })
    return listingOf(nowMs, leases)
  }

  close(): Promise<void> {
    return this.#commands.close()
  }

  async #run<T>(script: string, args: readonly string[], answer: z.ZodType<T>): Promise<T> {
    let given: unknown
    try {
      given = await this.#evaluate(script, args)
    } catch (error) {
      throw registryErrorOf(error)
    }
    const parsed = answer.safeParse(given)
    if (!parsed.success) {
      throw new RegistryError(
        'unavailable',
        'Redis gave the registry an answer of another form.',
        parsed.error,
      )
    }
    return parsed.data
  }

  /** By the script's digest; the text goes along only to a server that does not know it yet. */
  async #evaluate(script: string, args: readonly string[]): Promise<unknown> {
    const rest = ['1', this.#prefix, ...args]
    try {
      return await this.#commands.send(['EVALSHA', digestOf(script), ...rest])
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return this.#commands.send(['EVAL', script, ...rest])
    }
  }
}

const digests = new Map<string, string>()

function digestOf(script: string): string {
  const known = digests.get(script)
  if (known !== undefined) return known
  const digest = createHash('sha1').update(script).digest('hex')
  digests.set(script, digest)
  return digest
}

function recordOf(text: string): NodeRecord | undefined {
  try {
    return readRecord(JSON.parse(text))
  } catch {
    return undefined
  }
}

function registryErrorOf(error: unknown): RegistryError {
  const message = error instanceof Error ? error.message : String(error)
  const refused = error instanceof BusError && error.reason === 'refused'
  if (refused || message.startsWith('NOPERM')) {
    return new RegistryError('configuration', `Redis refuses the registry: ${message}`, error)
  }
  return new RegistryError('unavailable', `Redis does not serve the registry now: ${message}`, error)
}
