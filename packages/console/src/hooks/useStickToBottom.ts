import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'

/** Closer to the end than this counts as being there. */
const NEAR_PX = 48

/**
 * Keeps a scroller at its end while the reader is there, whatever grows or shrinks (messages, images,
 * the composer, a phone's keyboard), and leaves it alone while the reader is further up.
 */
export function useStickToBottom(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
) {
  const [atEnd, setAtEnd] = useState(true)
  const sticks = useRef(true)

  const toEnd = useCallback(() => {
    const element = scroller.current
    if (element === null) return
    sticks.current = true
    setAtEnd(true)
    element.scrollTop = element.scrollHeight
  }, [scroller])

  useLayoutEffect(toEnd, [toEnd])

  useEffect(() => {
    const element = scroller.current
    const inner = content.current
    if (element === null || inner === null) return undefined
    let last = { top: element.scrollTop, height: element.scrollHeight }
    const onScroll = () => {
      const { scrollTop: top, scrollHeight: height } = element
      const near = height - top - element.clientHeight < NEAR_PX
      // Growth also ends in a scroll event; only who moves up in what has not shrunk leaves the end.
      const movedUp = top < last.top && height >= last.height
      last = { top, height }
      if (near || movedUp) {
        sticks.current = near
        setAtEnd(near)
      } else if (sticks.current) {
        element.scrollTop = height
      }
    }
    const resized = new ResizeObserver(() => {
      if (sticks.current) element.scrollTop = element.scrollHeight
    })
    resized.observe(inner)
    resized.observe(element)
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      resized.disconnect()
      element.removeEventListener('scroll', onScroll)
    }
  }, [scroller, content])

  return { atEnd, toEnd }
}
