export type TextPart = { readonly type: 'text' | 'link'; readonly text: string }

const LINK = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'’]/g

/** Splits a message into plain text and the web addresses in it. */
export function linkify(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    if (match.index > end) parts.push({ type: 'text', text: text.slice(end, match.index) })
    parts.push({ type: 'link', text: match[0] })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push({ type: 'text', text: text.slice(end) })
  return parts
}
