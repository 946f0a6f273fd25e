import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { InboundMail, MailParseError } from '../../domain/mail/schema.ts'
import { PLAIN_HEADER_BYTES, parseFailure } from './parse-failure.ts'

export interface ParserOptions {
  /** How long one mail may take, waiting in the queue and starting a thread not counted. */
  wallClockSeconds?: number
  /** The JavaScript heap of a thread; the mail's own bytes lie outside it. */
  heapMegabytes?: number
  threads?: number
}

/** A raw mail: its bytes; or, for a large one, the file `raw` in a folder where its large parts become files too. Its maker removes it. */
export type RawMail = { bytes: Uint8Array } | { folder: string; size: number }

export interface Parser {
  /**
   * Never rejects for the mail's sake: what cannot be parsed in time or memory comes back with `parseError`. Bytes are handed over
   * where they own their buffer: do not use them afterwards. The caller bounds how many wait. Rejects once closed.
   */
  parse(raw: RawMail): Promise<InboundMail>
  /** Starts the threads before they are needed. */
  warm(): void
  close(): Promise<void>
}

interface Task {
  raw: RawMail
  done(mail: InboundMail): void
  fail(error: Error): void
}

/** Mail is parsed in threads of its own (R30): some mails block or kill whoever reads them. A thread that fails is replaced. */
export function createParser(options: ParserOptions = {}): Parser {
  const { wallClockSeconds = 10, heapMegabytes = 256, threads = 1 } = options
  const waiting: Task[] = []
  const idle: Worker[] = []
  const alive = new Set<Worker>()
  let busy = 0
  let closed = false

  const begin = () => {
    const worker = startThread(heapMegabytes)
    alive.add(worker)
    worker.once('exit', () => {
      alive.delete(worker)
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
    })
    return worker
  }
  const next = () => {
    while (waiting.length > 0 && busy < threads) {
      const task = waiting.shift()
      if (task) void work(task)
    }
  }
  const work = async ({ raw, done, fail }: Task) => {
    busy++
    // The thread gets the bytes themselves, so what a failure will tell is set aside.
    const head = 'bytes' in raw ? Uint8Array.from(raw.bytes.subarray(0, PLAIN_HEADER_BYTES)) : undefined
    const worker = idle.pop() ?? begin()
    const outcome = await parseIn(worker, raw, wallClockSeconds * 1_000 * sizeFactor(raw))
    busy--
    if (closed) fail(new Error('The parser was closed'))
    else if (typeof outcome === 'string') done(parseFailure(head ?? (await startOf(raw)), outcome))
    else done(outcome)

    if (typeof outcome === 'string' || closed) await worker.terminate()
    else idle.push(worker)
    next()
  }

  return {
    parse: (raw) =>
      new Promise((done, fail) => {
        if (closed) return fail(new Error('The parser was closed'))
        waiting.push({ raw, done, fail })
        next()
      }),
    warm() {
      while (idle.length + busy < threads) idle.push(begin())
    },
    async close() {
      closed = true
      for (const { fail } of waiting.splice(0)) fail(new Error('The parser was closed'))
      await Promise.all([...alive].map((worker) => worker.terminate()))
    },
  }
}

/** What is larger than mails usually may be has more time. */
const sizeFactor = (raw: RawMail): number => ('folder' in raw ? Math.max(1, raw.size / USUAL_BYTES_MAX) : 1)
const USUAL_BYTES_MAX = 26_214_400

async function startOf(raw: RawMail): Promise<Uint8Array> {
  if ('bytes' in raw) return raw.bytes
  const file = await open(join(raw.folder, 'raw'))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PLAIN_HEADER_BYTES), 0, PLAIN_HEADER_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function startThread(maxOldGenerationSizeMb: number): Worker {
  const worker = new Worker(new URL('./parse-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb },
  })
  // An error belongs to the mail being parsed, which listens too; without this one it would end the process.
  worker.on('error', () => {})
  worker.once('message', () => started.add(worker))
  worker.unref()
  return worker
}

/** Threads that wait must not keep the process alive, threads that work must. */
async function parseIn(worker: Worker, raw: RawMail, milliseconds: number): Promise<InboundMail | MailParseError> {
  worker.ref()
  const ended = new AbortController()
  let timer: NodeJS.Timeout | undefined
  try {
    if (!started.has(worker)) await Promise.race([once(worker, 'message', ended), rejectOnExit(worker, ended.signal)])
    const late = new Promise<MailParseError>((resolve) => {
      timer = setTimeout(resolve, milliseconds, 'parse_time_exceeded')
    })
    const answer = Promise.race([once(worker, 'message', ended), rejectOnExit(worker, ended.signal)])
    worker.postMessage(raw, 'bytes' in raw ? ownBuffer(raw.bytes) : [])
    const outcome = await Promise.race([answer, late])
    return typeof outcome === 'string' ? outcome : outcome[0]
  } catch (error) {
    const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    return isMemory ? 'parse_memory_exceeded' : 'parse_failed'
  } finally {
    clearTimeout(timer)
    ended.abort()
    worker.unref()
  }
}

/** Threads that have said that their modules are loaded. */
const started = new WeakSet<Worker>()

async function rejectOnExit(worker: Worker, signal: AbortSignal): Promise<never> {
  await once(worker, 'exit', { signal })
  throw new Error('The thread ended')
}

function ownBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}
