import type { SwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { type ProblemCode, problems } from '../kernel/problems.ts'

/** The contract is printed from the routes; see print-contract. */
export const openapi: SwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Kontor',
      version: '1',
      description: 'A headless ticketing service. Every fault is a problem of RFC 9457 with a stable code.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or the token of a requester' },
      },
    },
  },
  transform: ({ schema, url, route }) => ({
    url,
    schema: {
      ...schema,
      response: { ...(schema?.response as object | undefined), ...route.config?.problemResponses }, // Fastify says unknown
    },
  }),
  refResolver: {
    buildLocalReference: (json, _base, _fragment, i) => (typeof json.$id === 'string' ? json.$id : `def-${i}`),
  },
}

/** Pages of ours that a browser runs: their own scripts and styles, and this service. */
const PAGE_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'"

const page = { hide: true, response: {} }

export async function docsRoutes(app: FastifyInstance, sdl: string): Promise<void> {
  const open = { open: 'documents are for everybody' }
  app.get('/openapi.json', { config: open, schema: page }, async () => app.swagger())
  app.get('/openapi.yaml', { config: open, schema: page }, async (_request, reply) =>
    reply.type('application/yaml').send(app.swagger({ yaml: true })),
  )
  app.get('/schema.graphql', { config: open, schema: page }, async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send(sdl),
  )
  app.get('/docs/graphql', { config: open, schema: page }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', PAGE_POLICY)
      .send(renderGraphiQL({ endpoint: '/graphql', title: 'Kontor GraphQL' })),
  )
  app.get<{ Params: { code: string } }>(
    '/problems/:code',
    { config: open, schema: { ...page, params: Type.Object({ code: Type.String({ maxLength: 64 }) }) } },
    async ({ params: { code } }, reply) => {
      if (!Object.hasOwn(problems, code)) return reply.callNotFound()
      const { status, title } = problems[code as ProblemCode] // looked up just now
      return { type: `/problems/${code}`, code, status, title }
    },
  )
  await app.register(async (docs) => {
    // the pages of a plugin bring no policy: they are open like the contract they show
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, ...open }
    })
    docs.addHook('onSend', async (_request, reply) => void reply.header('content-security-policy', PAGE_POLICY))
    await docs.register(swaggerUi, { routePrefix: '/docs', staticCSP: false })
  })
}
