import swagger from '@fastify/swagger'
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify'
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { ApiKeys } from './api-keys.ts'
import { admitCall } from './call-limit.ts'
import { DEFAULT_VERSION, type ApiDeps } from './deps.ts'
import { addIdempotency } from './idempotency.ts'
import { ApiProblem, problem, problemOfError, type Problem } from './problem.ts'
import { clusterRoutes } from './routes/cluster.ts'
import { conversationRoutes } from './routes/conversations.ts'
import { dispatchRoutes } from './routes/dispatch.ts'
import { healthRoutes } from './routes/health.ts'
import { memberRoutes } from './routes/members.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { messageRoutes } from './routes/messages.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { userRoutes } from './routes/users.ts'
import { statusRoutes } from './routes/status.ts'

const DEFAULT_RATE_LIMIT = { perSecond: 200, burst: 400 }
/** The largest request: 500 members with the longest ids. */
const BODY_MAX_BYTES = 262_144
const REQUEST_TIMEOUT_MS = 30_000
/** Longer than the idle timeouts of usual balancers (60 s), so that the balancer closes first. */
const KEEP_ALIVE_MS = 72_000
/** Ids have up to 128 characters, each up to three in a URL. */
const PARAM_MAX_LENGTH = 384

/** What the HTTP server is made with. */
export const API_SERVER_OPTIONS = {
  bodyLimit: BODY_MAX_BYTES,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  routerOptions: { maxParamLength: PARAM_MAX_LENGTH },
  forceCloseConnections: 'idle',
} as const satisfies FastifyServerOptions

/** The server API on a server of its own; the gateway attaches to its `server`. */
export function createApi(deps: ApiDeps): FastifyInstance {
  const server = fastify(API_SERVER_OPTIONS)
  void server.register(apiRoutes, { deps })
  return server
}

/** The server API as a plugin, for a server that serves something beside it (`API_SERVER_OPTIONS`). */
export const apiRoutes: FastifyPluginAsync<{ deps: ApiDeps }> = async (api, { deps }) => {
  api.setValidatorCompiler(validatorCompiler)
  api.setSerializerCompiler(serializerCompiler)
  acceptEmptyBodies(api)
  api.setErrorHandler<FastifyError>((error, _request, reply) => sendProblem(reply, problemFor(error, deps)))
  api.setNotFoundHandler((request, reply) => {
    const route = `${request.method} ${request.url.split('?', 1)[0]}`
    return sendProblem(reply, problem('notFound', `${route} is no route; see /v1/openapi.json.`))
  })
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Skein server API',
        version: deps.version ?? DEFAULT_VERSION,
        description:
          'What the backend of a product calls. A request with the header "Idempotency-Key" takes effect ' +
          'once, however often it is sent; errors are problem+json and say what to do.',
      },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  })
  await api.register(healthRoutes, { deps })
  await api.register(metricsRoutes, { deps })
  await api.register(async (v1) => addVersion1(v1, deps), { prefix: '/v1' })
  await api.register(clusterRoutes, { deps, prefix: '/v1' })
  await api.register(dispatchRoutes, { deps, prefix: '/v1' })
  api.get('/v1/openapi.json', { schema: { hide: true } }, async () => api.swagger())
}

async function addVersion1(v1: FastifyInstance, deps: ApiDeps): Promise<void> {
  const keys = new ApiKeys(deps.apiKeys, deps.rateLimit ?? DEFAULT_RATE_LIMIT, deps.runtime.clock)
  v1.decorateRequest('app', '')
  v1.addHook('onRequest', async (request: FastifyRequest) => {
    request.app = keys.admit(request.headers.authorization)
    if (deps.rateLimits !== undefined) await admitCall(deps.rateLimits, request)
  })
  // Where everything is optional a request without a body means the same as an empty one.
  v1.addHook('preValidation', async (request) => {
    if (request.method !== 'GET') request.body ??= {}
  })
  v1.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, security: [{ apiKey: [] }] }
  })
  addIdempotency(v1, deps)
  const typed = v1.withTypeProvider<ZodTypeProvider>()
  for (const routes of [
    userRoutes,
    tokenRoutes,
    conversationRoutes,
    memberRoutes,
    messageRoutes,
    statusRoutes,
  ]) {
    await typed.register(routes, { deps })
  }
}

/** A POST without content but with the JSON content type is usual among HTTP clients. */
function acceptEmptyBodies(api: FastifyInstance): void {
  const parse = api.getDefaultJsonParser('error', 'error')
  api.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text.length === 0) done(null, undefined)
    else void parse(request, text.toString(), done)
  })
}

function sendProblem(reply: FastifyReply, told: Problem): FastifyReply {
  if (told.retryAfterMs !== undefined)
    reply.header('retry-after', Math.max(1, Math.ceil(told.retryAfterMs / 1000)))
  if (told.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(told.status).type('application/problem+json').send(told)
}

function problemFor(error: FastifyError, { logger, runtime }: ApiDeps): Problem {
  const expected = problemOfError(error, runtime.random)
  if (expected !== undefined) return expected
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { instancePath = '', message = 'is not valid' } = error.validation[0] ?? {}
    const field = `${error.validationContext ?? 'request'}${instancePath === '/' ? '' : instancePath}`
    return problem('malformed', `${field}: ${message}`, { field })
  }
  switch (error.statusCode) {
    case 400:
      return problem('malformed', error.message)
    case 413:
      return problem('tooLarge', `A request has at most ${BODY_MAX_BYTES} bytes.`)
    case 415:
      return problem('unsupportedMediaType', 'Send "Content-Type: application/json".')
    default:
      logger.error({ err: error }, 'an API request met an unexpected error; report it')
      return new ApiProblem('internal', 'The error was logged. Retry with the same Idempotency-Key.').problem
  }
}
