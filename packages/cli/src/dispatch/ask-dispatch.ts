import { createPublicKey, verify } from 'node:crypto'
import { DISPATCH_PATH, parseDispatchJws, readDispatchPayload, type DispatchDocument } from '@skein/protocol'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

const TIMEOUT_MS = 5_000

/** What a cluster tells clients, if it is signed by the key that is expected here. */
export async function askDispatch(url: string, publicKey: string): Promise<DispatchDocument> {
  const text = await textAt(url)
  const jws = parseDispatchJws(text)
  if (!jws.ok) throw new CliError(EXIT.unavailable, `${url} answers no list of endpoints: ${jws.message}.`)
  const { signed, signature, payload } = jws.value
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  if (!verify(null, signed, key, signature)) {
    throw new CliError(
      EXIT.config,
      `The nodes at ${url} sign with another key (${jws.value.kid}); use their SKEIN_DISPATCH_KEY or SKEIN_CLUSTER_SECRET here.`,
    )
  }
  const document = readDispatchPayload(payload)
  if (document.ok) return document.value
  throw new CliError(EXIT.unavailable, `${url} signs what this version cannot read: ${document.message}.`)
}

async function textAt(url: string): Promise<string> {
  const response = await fetch(new URL(DISPATCH_PATH, url), {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new CliError(EXIT.unavailable, `Nothing answers at ${url}. Is the cluster running?`, cause)
  })
  const text = await response.text()
  if (response.status === 200) return text
  throw new CliError(EXIT.unavailable, `${url} answered ${response.status} and no list of endpoints.`)
}
