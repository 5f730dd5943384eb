/** The names by which a send is answered. */
export interface SendNames {
  readonly conversation: string
  readonly clientId: string
}

/**
 * As every client of ours writes it. What is written otherwise is parsed first, whatever that costs. Both
 * patterns hold nothing that JSON would escape, and no more than SPEC allows.
 */
const SEND =
  /^\{"t":"send","conversation":"([A-Za-z0-9_][\w.@:+~=-]{0,127})","clientId":"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"/

/** Who is named by a message that is one `send`, without parsing it. Undefined: it may be anything. */
export function peekSend(text: string): SendNames | undefined {
  const match = SEND.exec(text)
  const conversation = match?.[1]
  const clientId = match?.[2]
  return conversation === undefined || clientId === undefined ? undefined : { conversation, clientId }
}
