import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fileTypeFromBuffer } from 'file-type'
import { Type } from 'typebox'
import type { Authenticator } from '../domain/access/authenticate.ts'
import { attachment, attachmentContent, attachmentLink, attachmentLinkOwner } from '../domain/attachments/queries.ts'
import { Attachment, AttachmentLink } from '../domain/attachments/schema.ts'
import { uploadAttachment } from '../domain/attachments/upload-attachment.ts'
import { SYSTEM } from '../kernel/actor.ts'
import type { BlobSource } from '../kernel/blobs.ts'
import type { Desk } from '../kernel/desk.ts'
import { invalid, Problem } from '../kernel/problems.ts'
import { problemResponses } from './problems.ts'
import { executed, queryRoute } from './route.ts'

const tag = 'Attachments'

/** What is larger goes through a file, so that many uploads at once do not fill the memory. */
const IN_MEMORY_MAX = 1_048_576

export interface AttachmentParts {
  desk: Desk
  authenticator: Authenticator
  attachmentBytesMax: number
}

export async function attachmentRoutes(app: FastifyInstance, parts: AttachmentParts): Promise<void> {
  app.addSchema(Attachment)
  app.addSchema(AttachmentLink)
  await app.register(multipart, {
    limits: { files: 1, fields: 10, parts: 11, fileSize: parts.attachmentBytesMax, headerPairs: 100 },
  })
  // a raw body is streamed to the same place
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  uploadRoute(app, parts)
  queryRoute(app, {
    url: '/attachments/:attachmentId',
    query: attachment,
    response: Type.Ref('Attachment'),
    tag,
    summary: 'What an attachment is',
    problems: ['attachment_not_found'],
  })
  queryRoute(app, {
    url: '/attachments/:attachmentId/link',
    query: attachmentLink,
    response: Type.Ref('AttachmentLink'),
    tag,
    summary: 'A link that works without a credential for five minutes',
    problems: ['attachment_not_found'],
  })
  contentRoute(app, parts)
}

function uploadRoute(app: FastifyInstance, { attachmentBytesMax }: AttachmentParts): void {
  app.post<{ Querystring: { filename?: string; contentType?: string } }>(
    '/attachments',
    {
      config: { policy: uploadAttachment.name, bodyTypes: ['multipart/form-data', 'application/octet-stream'] },
      bodyLimit: attachmentBytesMax + IN_MEMORY_MAX,
      schema: {
        operationId: uploadAttachment.name,
        tags: [tag],
        summary: 'Upload a file, as multipart or as raw bytes with ?filename=',
        consumes: ['multipart/form-data', 'application/octet-stream'],
        querystring: Type.Object(
          {
            filename: Type.Optional(Type.String({ maxLength: 4_096 })),
            contentType: Type.Optional(Type.String({ maxLength: 255 })),
          },
          { additionalProperties: false },
        ),
        response: {
          201: { description: 'Uploaded', content: { 'application/json': { schema: Type.Ref('Attachment') } } },
          ...problemResponses([
            'unauthenticated',
            'missing_scope',
            'forbidden',
            'invalid_parameter',
            'payload_too_large',
            'unsupported_media_type',
            'invalid_input',
            'idempotency_key_reused',
            'idempotency_in_progress',
          ]),
        },
      },
    },
    async (request, reply) => {
      const folder = await mkdtemp(join(tmpdir(), 'kontor-upload-'))
      try {
        const { stream, filename, contentType } = await uploaded(request)
        const content = await received(stream, attachmentBytesMax, join(folder, 'body')).catch((error: unknown) => {
          throw request.isMultipart() && !(error instanceof Problem)
            ? invalid('/file', 'malformed', 'ends too early')
            : error
        })
        const result = await executed(request, reply, uploadAttachment, {
          filename,
          ...(contentType ? { contentType } : {}),
          content,
        })
        return reply.code(201).header('location', `/v1/attachments/${result.id}`).send(result)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  )
}

async function uploaded(request: FastifyRequest<{ Querystring: { filename?: string; contentType?: string } }>) {
  const { filename, contentType } = request.query
  if (!request.isMultipart()) {
    const stream = request.body instanceof Readable ? request.body : Readable.from([])
    return { stream, filename: filename ?? '', contentType }
  }
  const file = await request.file().catch(unreadable)
  if (!file) throw invalid('/file', 'missing', 'holds no file')
  return { stream: file.file, filename: filename ?? file.filename, contentType: contentType ?? file.mimetype }
}

const LIMITS = /^FST_/

/** busboy's faults of form have no code; those of limits keep theirs. */
function unreadable(error: unknown): never {
  if (error instanceof Error && 'code' in error && LIMITS.test(String(error.code))) throw error
  throw invalid('/file', 'malformed', 'is no multipart body (RFC 7578)')
}

/**
 * The bytes, in memory while they are few, else in the file. Past the limit they are read on but not kept, so that the sender
 * hears the answer; one who goes on past twice the limit is cut off.
 */
async function received(stream: Readable, bytesMax: number, path: string): Promise<BlobSource> {
  const kept: Buffer[] = []
  let size = 0
  let file: FileHandle | undefined
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > 2 * bytesMax) break
      if (size > bytesMax) continue
      kept.push(chunk)
      if (size <= IN_MEMORY_MAX) continue
      file ??= await open(path, 'wx', 0o600)
      for (const part of kept.splice(0)) await file.writeFile(part)
    }
  } finally {
    await file?.close()
  }
  if (size > bytesMax || ('truncated' in stream && stream.truncated)) throw new Problem('payload_too_large')
  return file ? { path } : { bytes: Buffer.concat(kept) }
}

const SIGNED = Type.Object(
  {
    person: Type.Optional(Type.String({ maxLength: 64 })),
    expires: Type.Optional(Type.Integer()),
    signature: Type.Optional(Type.String({ maxLength: 100 })),
  },
  { additionalProperties: false },
)

/** The bytes: with a credential, or by a signed link as its maker. Anything wrong with a link is the same 404. */
function contentRoute(app: FastifyInstance, parts: AttachmentParts): void {
  app.get<{ Params: { attachmentId: string }; Querystring: { person?: string; expires?: number; signature?: string } }>(
    '/attachments/:attachmentId/content',
    {
      config: { policy: attachmentContent.name, signedLinks: true },
      schema: {
        operationId: attachmentContent.name,
        tags: [tag],
        summary: 'Download an attachment',
        params: attachmentContent.input,
        querystring: SIGNED,
        response: {
          200: {
            description: 'The bytes',
            content: { 'application/octet-stream': { schema: Type.String({ format: 'binary' }) } },
          },
          ...problemResponses(['unauthenticated', 'missing_scope', 'invalid_parameter', 'attachment_not_found']),
        },
      },
    },
    async (request, reply) => {
      const desk = request.query.signature === undefined ? request.desk : await deskOfLink(parts, request)
      const { chunks, filename, contentType, size } = await desk.read(attachmentContent, request.params)
      const iterator = chunks[Symbol.asyncIterator]()
      const first = await iterator.next()
      const bytes = first.value ?? Buffer.alloc(0)
      const type = await servedType(bytes, contentType)
      return safeHeaders(reply, { filename, type, size }).send(Readable.from(joined(bytes, iterator)))
    },
  )
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A request with `signature` brings its credential in the link. */
    signedLinks?: boolean
  }
}

async function deskOfLink(
  { desk, authenticator }: AttachmentParts,
  {
    params,
    query,
    id,
  }: FastifyRequest<{
    Params: { attachmentId: string }
    Querystring: { person?: string; expires?: number; signature?: string }
  }>,
) {
  const { person = '', expires = 0, signature = '' } = query
  const owner = await desk
    .as(SYSTEM, { channel: 'api', requestId: id })
    .read(attachmentLinkOwner, { ...params, person: person || '-', expires, signature })
  const actor = await authenticator.byPerson(owner)
  if (!actor) throw new Problem('attachment_not_found')
  return desk.as(actor, { channel: 'portal', requestId: id })
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>) {
  if (first.length) yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

const SHOWN_INLINE = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp'])
const NEVER_AS_SAID = /html|xml|svg|javascript|ecmascript|^text\/(?!plain$|csv$|calendar$)|^multipart\/|^message\//

/** Images only where the bytes say so themselves; what a browser could run is octets. */
async function servedType(bytes: Uint8Array, said: string): Promise<string> {
  const sniffed = (await fileTypeFromBuffer(bytes))?.mime
  if (sniffed && SHOWN_INLINE.has(sniffed)) return sniffed
  return SHOWN_INLINE.has(said) || NEVER_AS_SAID.test(said) ? 'application/octet-stream' : said
}

// RFC 6266 with RFC 8187 for the name; the ASCII form has nothing that needs quoting
function safeHeaders(
  reply: FastifyReply,
  { filename, type, size }: { filename: string; type: string; size: number },
): FastifyReply {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return reply
    .header('content-type', type)
    .header('content-length', size)
    .header(
      'content-disposition',
      `${SHOWN_INLINE.has(type) ? 'inline' : 'attachment'}; filename="${ascii}"; filename*=UTF-8''${encoded}`,
    )
    .header('content-security-policy', "sandbox; default-src 'none'")
    .header('accept-ranges', 'none')
}
