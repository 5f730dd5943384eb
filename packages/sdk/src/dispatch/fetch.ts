import { DISPATCH_CONTENT_TYPE, LIMITS } from '@skein/protocol'

export interface DispatchAnswer {
  readonly status: number
  readonly text: string
  /** What the server asked for. */
  readonly retryAfterMs: number | undefined
}

/** Asks one URL. Rejects when it does not answer; `signal` ends it. */
export type DispatchFetch = (url: string, bounds: { readonly signal: AbortSignal }) => Promise<DispatchAnswer>

export const platformFetch: DispatchFetch = async (url, { signal }) => {
  const response = await fetch(url, {
    signal,
    credentials: 'omit',
    headers: { accept: DISPATCH_CONTENT_TYPE },
  })
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    status: response.status,
    text: response.ok ? await boundedText(response) : '',
    retryAfterMs: seconds >= 0 ? seconds * 1_000 : undefined,
  }
}

/** A mirror that sends without end must not fill the memory. */
async function boundedText(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  // React Native has no streams.
  if (reader === undefined) return response.text()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    text += decoder.decode(value, { stream: true })
    if (text.length <= LIMITS.dispatchBytes) continue
    await reader.cancel()
    throw new Error(`longer than ${LIMITS.dispatchBytes} characters`)
  }
}
