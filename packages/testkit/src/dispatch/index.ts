export { DispatchMirror, type MirrorMood } from './dispatch-mirror.ts'
export { forged, FORGERIES, saidBy, type Forgery } from './forge.ts'
