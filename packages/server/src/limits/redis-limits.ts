import { createHash } from 'node:crypto'
import { SkeinError } from '@skein/core'
import * as z from 'zod'
import type { SharedLease, SharedLimits, SharedTake, SharedVerdict } from './shared-limits.ts'

/** The little of a Redis client that limits need. */
export interface LimitCommands {
  send(args: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

export interface RedisLimitsOptions {
  readonly commands: LimitCommands
  /** Two clusters on one Redis keep apart by it. */
  readonly prefix?: string
}

/**
 * GCRA in whole microseconds of Redis' own clock, so nodes' clocks do not matter and nothing is rounded.
 * A key holds its theoretical arrival and lives until then. `all`: all keys or none; `upTo`: each by itself.
 * A state further ahead than the burst can put it comes from a clock that went back since: a Redis that took
 * over. It counts as a limit that is used up, not as one that is shut for the difference.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local mode = ARGV[1]
local arrivals, answer, longest, by = {}, {}, 0, 0
local function keep(key, arrival)
  redis.call('SET', key, string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000) + 1)
end
for i, key in ipairs(KEYS) do
  local interval, burst, cost = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local tolerance = interval * burst
  local arrival = tonumber(redis.call('GET', key) or '0')
  arrival = math.min(math.max(arrival, now), now + tolerance)
  if mode == 'all' then
    arrivals[i] = arrival + interval * cost
    local wait = arrivals[i] - now - tolerance
    if wait > longest then longest, by = wait, i end
  else
    local taken = math.min(cost, math.floor((tolerance - (arrival - now)) / interval))
    if taken > 0 then keep(key, arrival + interval * taken) end
    answer[2 * i - 1] = taken
    answer[2 * i] = taken > 0 and 0 or math.ceil((arrival + interval - now - tolerance) / 1000)
  end
end
if mode == 'upTo' then return answer end
if by > 0 then return {by, math.ceil(longest / 1000)} end
for i, key in ipairs(KEYS) do keep(key, arrivals[i]) end
return {0, 0}`

const DIGEST = createHash('sha1').update(TAKE).digest('hex')

/** Redis answers 0 for none, else which one counting from 1, and the wait. */
const AllAnswer = z.tuple([z.number(), z.number()])
const UpToAnswer = z.array(z.number())

/** Limits on Redis: one script, one round trip for whatever is asked at once. */
export class RedisLimits implements SharedLimits {
  readonly #commands: LimitCommands
  readonly #prefix: string

  constructor({ commands, prefix = 'skein:' }: RedisLimitsOptions) {
    this.#commands = commands
    // One hash tag: in a Redis Cluster all keys stand in one slot, so one script may touch them together.
    this.#prefix = `{${prefix}limits}:`
  }

  async takeAll(takes: readonly SharedTake[]): Promise<SharedVerdict> {
    if (takes.length === 0) return { admitted: true }
    const [by, retryAfterMs] = readAnswer(AllAnswer, await this.#run('all', takes))
    return by === 0 ? { admitted: true } : { admitted: false, by: by - 1, retryAfterMs }
  }

  async takeUpTo(takes: readonly SharedTake[]): Promise<readonly SharedLease[]> {
    if (takes.length === 0) return []
    const numbers = readAnswer(UpToAnswer, await this.#run('upTo', takes))
    return takes.map((_, index) => ({
      taken: numbers[2 * index] ?? 0,
      retryAfterMs: numbers[2 * index + 1] ?? 0,
    }))
  }

  close(): Promise<void> {
    return this.#commands.close()
  }

  /** By the script's digest; the text goes along only to a server that does not know it yet. */
  async #run(mode: 'all' | 'upTo', takes: readonly SharedTake[]): Promise<unknown> {
    const keys = takes.map(({ key }) => this.#prefix + key)
    const terms = takes.flatMap(({ limit, cost }) =>
      [intervalMicros(limit.perSecond), Math.floor(limit.burst), cost].map(String),
    )
    const rest = [String(keys.length), ...keys, mode, ...terms]
    try {
      return await this.#commands.send(['EVALSHA', DIGEST, ...rest])
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return this.#commands.send(['EVAL', TAKE, ...rest])
    }
  }
}

/** Up to the next whole one: never more than promised, and at most rate ÷ 1,000,000 of it less. */
const intervalMicros = (perSecond: number): number => Math.ceil(1_000_000 / perSecond - 1e-6)

function readAnswer<T>(form: z.ZodType<T>, given: unknown): T {
  const parsed = form.safeParse(given)
  if (parsed.success) return parsed.data
  throw new SkeinError('unavailable', 'Redis answered a limit in another form than its script has.', {
    cause: parsed.error,
  })
}
