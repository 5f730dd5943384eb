import { EndpointUrl, LIMITS } from '@skein/protocol'
import type { StrategyName } from '@skein/resilience'
import { endpointUrl } from '../dispatch/endpoint-url.ts'
import { ConfigError } from './config-error.ts'
import type { DISPATCH_OPTIONS } from './dispatch-options.ts'
import type { Values } from './option.ts'
import { withoutPassword } from './setting.ts'

/** A proxy in front of the nodes, as configured. */
export interface Edge {
  readonly url: string
  readonly zone: string
  readonly region: string
  readonly weight: number
}

/** What a node says at /v1/dispatch. */
export interface DispatchConfig {
  /** None: clients are told the nodes themselves. */
  readonly edges: readonly Edge[]
  /** As given; else it is derived from the cluster's secret. */
  readonly key?: string
  readonly ttlMs: number
  readonly staleMs: number
  readonly strategy?: StrategyName
}

const PLACE = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/
const WEIGHT = /^\d{1,7}(\.\d{1,6})?$/

const PARTS = ['zone', 'region', 'weight'] as const
type Part = (typeof PARTS)[number]

const bad = (what: string): ConfigError => new ConfigError('badValue', `edges: ${what}`)

/** Its parts by name, each at most once. */
function partsOf(shown: string, texts: readonly string[]): Partial<Record<Part, string>> {
  const parts: Partial<Record<Part, string>> = {}
  for (const text of texts) {
    const equals = text.indexOf('=')
    const name = PARTS.find((known) => known === text.slice(0, Math.max(0, equals)))
    if (name === undefined) {
      throw bad(`"${text}" behind ${shown} must be zone=…, region=… or weight=….`)
    }
    if (parts[name] !== undefined) throw bad(`${shown} has two parts ${name}.`)
    parts[name] = text.slice(equals + 1)
  }
  return parts
}

function placeOf(shown: string, part: Part, text: string | undefined): string {
  if (text === undefined || PLACE.test(text)) return text ?? ''
  throw bad(`the ${part} "${text}" of ${shown} must be 1 to 32 letters, digits and hyphens.`)
}

function weightOf(shown: string, text = '1'): number {
  const weight = WEIGHT.test(text) ? Number(text) : NaN
  if (weight > 0 && weight <= LIMITS.dispatchWeight) return weight
  throw bad(`the weight "${text}" of ${shown} must be a number above 0, at most ${LIMITS.dispatchWeight}.`)
}

/** One `url;zone=…;region=…;weight=…`. Throws ConfigError. */
function readEdge(text: string): Edge {
  const [address = '', ...rest] = text.split(';').map((part) => part.trim())
  const shown = withoutPassword(address)
  const url = endpointUrl(address)
  if (url === undefined || !EndpointUrl.safeParse(url).success) {
    throw bad(
      `"${shown}" must be an address that clients can open: wss://host or ws://host, without user and #.`,
    )
  }
  const parts = partsOf(shown, rest)
  const zone = placeOf(shown, 'zone', parts.zone)
  const region = placeOf(shown, 'region', parts.region)
  return { url, zone, region, weight: weightOf(shown, parts.weight) }
}

/** Throws ConfigError that names the first edge that makes no sense, and what of it. */
export function readEdges(texts: readonly string[]): readonly Edge[] {
  if (texts.length > LIMITS.dispatchEndpoints) {
    throw bad(`there are ${texts.length}; a list of endpoints holds ${LIMITS.dispatchEndpoints}.`)
  }
  const edges = texts.map(readEdge)
  const seen = new Set<string>()
  for (const { url } of edges) {
    if (seen.has(url)) throw bad(`${url} stands there twice.`)
    seen.add(url)
  }
  return edges
}

export function dispatchOf(values: Values<typeof DISPATCH_OPTIONS>): DispatchConfig {
  const { edges, dispatchKey, dispatchTtlMs, dispatchStaleMs, dispatchStrategy } = values
  return {
    edges: readEdges(edges),
    ttlMs: dispatchTtlMs,
    staleMs: dispatchStaleMs,
    ...(dispatchKey !== undefined && { key: dispatchKey }),
    ...(dispatchStrategy !== undefined && { strategy: dispatchStrategy }),
  }
}
