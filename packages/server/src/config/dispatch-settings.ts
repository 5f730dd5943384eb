import { dispatchOf, type DispatchConfig } from './dispatch-config.ts'
import { DISPATCH_OPTIONS } from './dispatch-options.ts'
import { derivedSecret } from './node-config.ts'
import { NODE_OPTIONS } from './node-options.ts'
import { resolveOptions, type ConfigSources } from './resolve.ts'

const { clusterSecret, jwtSecret } = NODE_OPTIONS
const OPTIONS = { ...DISPATCH_OPTIONS, clusterSecret, jwtSecret }

export interface DispatchSettings extends DispatchConfig {
  /** Given, or derived from the secret of tokens as nodes do it. */
  readonly clusterSecret?: string
}

/** What of a node's configuration makes and signs its list of endpoints. Throws ConfigError. */
export function readDispatchSettings({ flags, env, file }: ConfigSources): DispatchSettings {
  const values = resolveOptions(OPTIONS, { flags, env, ...(file !== undefined && { file }) })
  const fromTokens = values.jwtSecret === undefined ? undefined : derivedSecret(values.jwtSecret)
  const secret = values.clusterSecret ?? fromTokens
  return { ...dispatchOf(values), ...(secret !== undefined && { clusterSecret: secret }) }
}
