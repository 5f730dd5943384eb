import { useCallback, useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'skein.theme'
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }

const savedTheme = (): Theme => {
  const saved = localStorage.getItem(KEY)
  return saved === 'light' || saved === 'dark' ? saved : 'system'
}

/** Every colour is a `light-dark()` pair, so one property of the root decides. */
const apply = (theme: Theme): void => {
  document.documentElement.style.colorScheme = theme === 'system' ? '' : theme
}

export const applySavedTheme = (): void => apply(savedTheme())

export function useTheme(): { readonly theme: Theme; readonly next: () => void } {
  const [theme, setTheme] = useState(savedTheme)
  const next = useCallback(() => {
    const chosen = NEXT[theme]
    localStorage.setItem(KEY, chosen)
    apply(chosen)
    setTheme(chosen)
  }, [theme])
  return { theme, next }
}
