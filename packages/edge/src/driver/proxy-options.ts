import { OptionError, STRATEGY_NAMES, type StrategyName } from '@skein/resilience'
import * as z from 'zod'

const port = z.int().min(1).max(65_535)
const durationMs = z.int().min(1).max(86_400_000)
/** Paths, addresses and names end up in configuration files: nothing in them may end a word or a line. */
const word = z.string().regex(/^[^\s"'\\;{}#$]+$/, 'must have no spaces, quotes or any of \\ ; { } # $')
const path = word.refine((text) => text.startsWith('/'), 'must be an absolute path')
const range = z
  .string()
  .regex(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, 'must be an IP address or a range such as 10.0.0.0/8')
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/, 'must be 1 to 32 letters, digits and hyphens')
const place = z.strictObject({ host: word, port })

const LimitsSchema = z.strictObject({
  /** Connections of clients at once. Each holds two of the proxy's files. */
  maxConnections: z.int().min(1).max(1_000_000).default(8_000),
  /** Of these from one address (IPv6: one /64); 0: any number. */
  maxPerAddress: z.int().min(0).max(1_000_000).default(2_000),
  /** New connections of one address a second; 0: any number. */
  connectsPerSecondPerAddress: z.int().min(0).max(1_000_000).default(200),
  /** Requests of one address a second, handshakes included; 0: any number. */
  requestsPerSecondPerAddress: z.int().min(0).max(1_000_000).default(500),
  headerBytes: z.int().min(4_096).max(65_536).default(16_384),
  bodyBytes: z.int().min(1_024).max(1_073_741_824).default(1_048_576),
})

const TimeoutsSchema = z.strictObject({
  /** A client whose request is not there as a whole by then is not waited for. */
  headMs: durationMs.default(10_000),
  connectMs: durationMs.default(1_000),
  /** Longer than what a node lets a request take. */
  requestMs: durationMs.default(60_000),
  /** A WebSocket on which nobody says anything. Longer than 2.5 times the nodes' `heartbeatMs`. */
  tunnelMs: durationMs.default(600_000),
  /** As the nodes' `drainMs`: a node that is asked to stop moves its clients over this time. */
  drainMs: z.int().min(0).max(600_000).default(10_000),
  /** How long a reload lets WebSockets stay with the old process. Above `drainMs`. */
  hardStopMs: durationMs.default(1_800_000),
})

const ProxyOptionsSchema = z.strictObject({
  listen: place,
  /** What clients are shown; `clientCa`: they need a certificate of that CA. */
  tls: z.strictObject({ certificate: path, key: path.optional(), clientCa: path.optional() }).optional(),
  /** To nodes behind TLS of their own; `certificate`: what nodes are shown. */
  nodeTls: z
    .strictObject({
      ca: path,
      certificate: path.optional(),
      key: path.optional(),
      serverName: word.optional(),
    })
    .optional(),
  limits: LimitsSchema.prefault({}),
  timeouts: TimeoutsSchema.prefault({}),
  /** Where the proxy is: nodes of other zones are its backups. */
  home: z.strictObject({ zone: name, region: name }).optional(),
  strategy: z.enum(STRATEGY_NAMES).default('power-of-two'),
  /** Until a node that joined has its whole share. */
  slowStartMs: z.int().min(0).max(600_000).default(10_000),
  /** Metrics (and a status page, where the proxy has one), without a key: keep it to yourself. */
  stats: place.optional(),
  /** Proxies in front of this one: limits per address do not apply to them, and their word on the client is believed. */
  trusted: z.array(range).max(256).default([]),
  /** Clients come with a PROXY protocol header; believed of `trusted` ones, in place of X-Forwarded-For. */
  acceptProxyProtocol: z.boolean().default(false),
  /** Tells nodes who the client is with a header of the PROXY protocol, version 2, instead of X-Forwarded-For. */
  proxyProtocol: z.boolean().default(false),
})

/** All that a configuration is rendered from, the same for every proxy. */
export type ProxyOptions = Readonly<z.infer<typeof ProxyOptionsSchema>> & { readonly strategy: StrategyName }
export type ProxyOptionsInput = z.input<typeof ProxyOptionsSchema>

/** Fills in defaults. @throws OptionError that names the option and what it must be. */
export const proxyOptions = (given: ProxyOptionsInput): ProxyOptions => readProxyOptions(given)

/** The same for what was read from somewhere. */
export function readProxyOptions(given: unknown): ProxyOptions {
  const parsed = ProxyOptionsSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new OptionError(`${issue?.path.join('.') || 'options'}: ${issue?.message ?? 'cannot be read'}`)
}
