export { nodeTransport } from './transport.ts'
