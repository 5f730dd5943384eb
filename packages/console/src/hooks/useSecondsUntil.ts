import { useEffect, useState } from 'react'

const secondsUntil = (atMs: number): number => Math.max(0, Math.ceil((atMs - Date.now()) / 1_000))

/** Counts down to a moment of the wall clock. */
export function useSecondsUntil(atMs: number): number {
  const [seconds, setSeconds] = useState(() => secondsUntil(atMs))
  useEffect(() => {
    const update = () => setSeconds(secondsUntil(atMs))
    update()
    const timer = setInterval(update, 250)
    return () => clearInterval(timer)
  }, [atMs])
  return seconds
}
