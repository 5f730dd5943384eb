import { readFile } from 'node:fs/promises'
import {
  ConfigError,
  DispatchSigner,
  NODE_OPTIONS,
  parseConfigFile,
  readDispatchSettings,
  type DispatchSettings,
} from '@skein/server'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { DataDirectory } from '../up/data-directory.ts'
import { readSecrets } from '../up/secrets.ts'

export interface Signing {
  readonly settings: DispatchSettings
  readonly signer: DispatchSigner
}

/** What nodes of this configuration sign with: as they find it, else as the `skein up` on this data does. */
export async function findSigning(
  configPath: string | undefined,
  directory: DataDirectory,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Signing> {
  const file =
    configPath === undefined
      ? undefined
      : parseConfigFile(configPath, await readText(configPath), NODE_OPTIONS)
  const settings = readDispatchSettings({ flags: {}, env, ...(file !== undefined && { file }) })
  const { key } = settings
  const clusterSecret = settings.clusterSecret ?? (await readSecrets(directory))?.clusterSecret
  if (key === undefined && clusterSecret === undefined) {
    throw new CliError(
      EXIT.config,
      'No key to sign with: set SKEIN_DISPATCH_KEY or SKEIN_CLUSTER_SECRET as on the nodes, name their file with --config, or run this where skein up has run.',
    )
  }
  const source = { clusterSecret: clusterSecret ?? '', ...(key !== undefined && { key }) }
  return { settings, signer: DispatchSigner.of(source) }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('badFile', `The configuration file ${path} cannot be read.`, cause)
  }
}
