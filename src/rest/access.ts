import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { changeAccessSettings } from '../domain/access/change-access-settings.ts'
import { createApiKey } from '../domain/access/create-api-key.ts'
import { mintRequesterToken } from '../domain/access/mint-requester-token.ts'
import { accessSettingsQuery, allKeys, apiKeysQuery } from '../domain/access/queries.ts'
import { revokeApiKey } from '../domain/access/revoke-api-key.ts'
import { rotateApiKey } from '../domain/access/rotate-api-key.ts'
import { ApiKey, accessSchemas } from '../domain/access/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Access'

export function accessRoutes(app: FastifyInstance): void {
  for (const schema of Object.values(accessSchemas)) app.addSchema(schema)
  listRoute(app, {
    url: '/api-keys',
    query: apiKeysQuery,
    list: allKeys,
    item: Type.Ref('ApiKey'),
    tag,
    summary: 'API keys, without their secrets',
    properties: Object.keys(ApiKey.properties),
    read: (desk, page) => desk.read(apiKeysQuery, page),
  })
  commandRoute(app, {
    method: 'POST',
    url: '/api-keys',
    command: createApiKey,
    status: 201,
    response: Type.Ref('ApiKeyWithSecret'),
    tag,
    summary: 'Make an API key; it is shown this once',
  })
  commandRoute(app, {
    method: 'POST',
    url: '/api-keys/:apiKeyId/rotate',
    command: rotateApiKey,
    status: 201,
    response: Type.Ref('ApiKeyWithSecret'),
    tag,
    summary: 'Replace an API key',
    problems: ['api_key_not_found'],
  })
  commandRoute(app, {
    method: 'DELETE',
    url: '/api-keys/:apiKeyId',
    command: revokeApiKey,
    status: 204,
    response: Type.Null(),
    tag,
    summary: 'End an API key',
    problems: ['api_key_not_found'],
  })
  commandRoute(app, {
    method: 'POST',
    url: '/auth/requester-tokens',
    command: mintRequesterToken,
    status: 201,
    response: Type.Ref('RequesterToken'),
    tag,
    summary: 'A token for a requester, for portals',
  })
  const url = '/access-settings'
  const response = Type.Ref('AccessSettings')
  queryRoute(app, { url, query: accessSettingsQuery, response, tag, summary: 'By which ways clients may come' })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeAccessSettings,
    status: 200,
    response,
    tag,
    summary: 'Open or close ways by which clients come',
  })
}
