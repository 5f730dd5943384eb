import type { Usage } from './node-commands.ts'

export type RawCommand =
  | { readonly do: 'start' }
  | {
      readonly do: 'blast'
      readonly payload: string
      readonly framesPerWrite: number
      readonly durationMs: number
    }

export type RawAnswer =
  | { readonly done: 'start'; readonly url: string }
  | { readonly done: 'blast'; readonly frames: number; readonly from: Usage; readonly to: Usage }
