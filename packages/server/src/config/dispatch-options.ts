import { STRATEGY_NAMES } from '@skein/resilience'
import { LIMITS } from '@skein/protocol'
import { readDispatchKey } from '../dispatch/signing-key.ts'
import type { OptionSet } from './option.ts'
import { choice, integer, list, text, type Setting } from './setting.ts'

/** What is wrong with an edge is told by `readEdges`, which sees all of them. */
const edge = text({
  allowed: 'an address such as wss://chat.example.com;zone=a;region=eu;weight=2',
  pattern: /./,
  placeholder: 'url;zone=…;region=…;weight=…',
})

const privateKey: Setting<string> = {
  allowed:
    'an Ed25519 private key: PKCS #8 (openssl genpkey -algorithm ed25519) or its 32 bytes as base64url',
  placeholder: 'key',
  parse: (value) => (readDispatchKey(value) === undefined ? undefined : value),
  show: () => '…',
}

/** What clients are told at /v1/dispatch. */
export const DISPATCH_OPTIONS = {
  edges: {
    setting: list(edge),
    fallback: [],
    group: 'dispatch',
    help: 'Where clients connect, as told by /v1/dispatch: proxies in front of the nodes, each `url;zone=…;region=…;weight=…` (all but the url may be left out). Unless given, the nodes themselves: clientUrl, or host and port. The same on all nodes.',
  },
  dispatchKey: {
    setting: privateKey,
    secret: true,
    group: 'dispatch',
    help: 'Ed25519 private key that signs the list of endpoints, PKCS #8 or 32 bytes as base64url, the same on all nodes. Derived from clusterSecret unless given; `skein dispatch --public-key` tells what clients need.',
  },
  dispatchTtlMs: {
    setting: integer({ min: 1_000, max: LIMITS.dispatchLifeMs, unit: 'ms' }),
    fallback: 300_000,
    group: 'dispatch',
    help: 'How long a client uses a list of endpoints before it asks for a newer one.',
  },
  dispatchStaleMs: {
    setting: integer({ min: 0, max: LIMITS.dispatchLifeMs, unit: 'ms' }),
    fallback: 7 * 86_400_000,
    group: 'dispatch',
    help: 'How long after that a client may go on with it while no newer one can be had.',
  },
  dispatchStrategy: {
    setting: choice(STRATEGY_NAMES),
    group: 'dispatch',
    help: "How clients choose among the near endpoints; the client's own choice unless given.",
  },
} satisfies OptionSet
