const PATHS = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12l15-7-5.5 15-3-6.5z',
  people:
    'M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20c.6-3.6 3.2-5.5 6.5-5.5s5.9 1.9 6.5 5.5M16 4.4a3.5 3.5 0 010 6.2M18.5 14.8c1.7.8 2.7 2.5 3 5.2',
  person: 'M12 11.5a4 4 0 100-8 4 4 0 000 8zM4.5 20.5c.7-4 3.6-6 7.5-6s6.8 2 7.5 6',
  write: 'M4 20l1-4.5L16 4.5a2.1 2.1 0 013 3L8 18.5zM14 6.5l3 3',
  info: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 11v5.5M12 7.6v.1',
  sun: 'M12 16.5a4.5 4.5 0 100-9 4.5 4.5 0 000 9zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5',
  moon: 'M20 14.5A8.5 8.5 0 119.5 4a7 7 0 0010.5 10.5z',
  auto: 'M4.5 4.5h15v11h-15zM9 20h6M12 15.5V20',
  leave: 'M14 4H6a1 1 0 00-1 1v14a1 1 0 001 1h8M11 12h10M17.5 8l4 4-4 4',
  clock: 'M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM12 7.5V12l3 2',
  tick: 'M5 12.5l4.5 4.5L19 7.5',
  ticks: 'M1.5 12.5L6 17l9-9.5M11.5 16l1 1L22 7.5',
  alert: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v6M12 16.4v.1',
  down: 'M12 5v14M5.5 12.5L12 19l6.5-6.5',
  chevron: 'M6 9l6 6 6-6',
  more: 'M12 5.5v.1M12 12v.1M12 18.5v.1',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      fill="none"
      height={size}
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      strokeWidth={size < 18 ? 2.2 : 1.8}
      viewBox="0 0 24 24"
      width={size}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
