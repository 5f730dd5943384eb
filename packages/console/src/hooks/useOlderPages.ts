import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { Conversation, TimelineItem } from '@skein/sdk'
import { useLink } from './useConnection.ts'

/** Older messages are asked for when less than this is left above. */
const AHEAD_PX = 800

export type Older = 'unknown' | 'loading' | 'none'

/** Loads the newest page, then older ones as the reader comes near the top; the view does not jump. */
export function useOlderPages(
  conversation: Conversation,
  timeline: readonly TimelineItem[],
  scroller: RefObject<HTMLElement | null>,
): Older {
  const online = useLink().state === 'online'
  const [older, setOlder] = useState<Older>('loading')
  const busy = useRef(true)

  const loadIfNear = useCallback(() => {
    const element = scroller.current
    if (busy.current || element === null || element.scrollTop > AHEAD_PX) return
    busy.current = true
    setOlder('loading')
    conversation.loadOlder().then(
      (more) => {
        // What there is nothing older of stays busy, and is so never asked again.
        busy.current = !more
        setOlder(more ? 'unknown' : 'none')
      },
      () => {
        busy.current = false
        setOlder('unknown')
      },
    )
  }, [conversation, scroller])

  useEffect(() => {
    let current = true
    const opened = () => {
      if (!current) return
      busy.current = false
      setOlder('unknown')
      loadIfNear()
    }
    conversation.open().then(opened, () => current && setOlder('unknown'))
    return () => {
      current = false
    }
  }, [conversation, online, loadIfNear])

  useEffect(() => {
    const element = scroller.current
    element?.addEventListener('scroll', loadIfNear, { passive: true })
    return () => element?.removeEventListener('scroll', loadIfNear)
  }, [scroller, loadIfNear])

  // A short page may not fill the screen, and then nothing would ever scroll.
  useEffect(loadIfNear, [loadIfNear, timeline])

  useKeepPlace(timeline[0]?.id, timeline, scroller)
  return older
}

/** Chromium and Firefox hold the view in place by themselves (scroll anchoring), except at the very top. */
const anchors = CSS.supports('overflow-anchor', 'auto')

/** When something is put above, what one reads stays where it is. */
function useKeepPlace(
  firstId: string | undefined,
  timeline: readonly TimelineItem[],
  scroller: RefObject<HTMLElement | null>,
): void {
  const before = useRef<{ firstId: string | undefined; height: number }>({ firstId: undefined, height: 0 })

  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const onScroll = () => {
      if (anchors && element.scrollTop === 0 && element.scrollHeight > element.clientHeight)
        element.scrollTop = 1
      // Rows that come into view take their real height, so the height before is the one of the last scroll.
      before.current.height = element.scrollHeight
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => element.removeEventListener('scroll', onScroll)
  }, [scroller])

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null || anchors) return
    const last = before.current
    const grown = element.scrollHeight - last.height
    if (last.firstId !== undefined && last.firstId !== firstId && grown > 0) element.scrollTop += grown
    before.current = { firstId, height: element.scrollHeight }
  }, [firstId, timeline, scroller])
}
