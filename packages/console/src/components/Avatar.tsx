import styles from './Avatar.module.css'
import { Icon } from './Icon.tsx'

const HUES = 13

/** The same colour for the same id, everywhere. */
function hueOf(id: string): number {
  let hash = 5
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 9_973
  return (hash % HUES) * (360 / HUES) + 10
}

export function initialsOf(name: string): string {
  const words = name.split(/[\s._@+-]+/).filter((word) => word !== '')
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return letters
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toUpperCase()
}

interface Props {
  readonly id: string
  readonly name: string
  readonly size?: number
  readonly group?: boolean
}

export function Avatar({ id, name, size = 44, group = false }: Props) {
  const className = group ? `${styles.avatar} ${styles.group}` : styles.avatar
  const style = { '--hue': String(hueOf(id)), fontSize: size * 0.4, height: size, width: size }
  return (
    <span aria-hidden="true" className={className} style={style}>
      {group && name === 'Group' ? <Icon name="people" size={size * 0.55} /> : initialsOf(name)}
    </span>
  )
}
