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
  head: Uint8Array | undefined
  /** It failed in company, and is read alone. */
  isSuspect: boolean
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
  let isGathering = false

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
    while (waiting.length > 0 && busy < threads) void work(takeBatch(waiting))
  }
  const nextOrGather = () => {
    if (waiting.length >= BATCH_MAX) return next()
    if (!waiting.length || isGathering) return
    isGathering = true
    setTimeout(() => {
      isGathering = false
      next()
    }, GATHER_MS)
  }
  const work = async (tasks: Task[]) => {
    busy++
    const outcome = await readIn(tasks)
    busy--
    const [only] = tasks
    if (closed) for (const { fail } of tasks) fail(new Error('The parser was closed'))
    else if (typeof outcome !== 'string') for (const [n, mail] of outcome.entries()) tasks[n]?.done(mail)
    // one of them is to blame, and shall not harm the others
    else if (tasks.length > 1) waiting.unshift(...tasks.map((task) => ({ ...task, isSuspect: true })))
    else if (only) only.done(parseFailure(only.head ?? (await startOf(only.raw)), outcome))
    nextOrGather()
  }
  const readIn = async (tasks: readonly Task[]): Promise<InboundMail[] | MailParseError> => {
    const worker = idle.pop() ?? begin()
    const raws = tasks.map(({ raw }) => raw)
    const outcome = await parseIn(worker, raws, wallClockSeconds * 1_000 * Math.max(...raws.map(sizeFactor)))
    if (typeof outcome === 'string' || closed) await worker.terminate()
    else idle.push(worker)
    return outcome
  }

  return {
    parse: (raw) =>
      new Promise((done, fail) => {
        if (closed) return fail(new Error('The parser was closed'))
        // the thread gets the bytes themselves, so what a failure will tell is set aside
        const head = 'bytes' in raw ? Uint8Array.from(raw.bytes.subarray(0, PLAIN_HEADER_BYTES)) : undefined
        waiting.push({ raw, head, isSuspect: false, done, fail })
        nextOrGather()
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

/**
 * Small mails that wait go into the thread together, and come back together, so that what they ask of the database shares round trips
 * and commits: to wake a thread or a server process costs as much as reading a small mail. It pays to wait a little for company.
 */
const BATCH_MAX = 8
const GATHER_MS = 2
const SMALL_BYTES_MAX = 65_536

function takeBatch(waiting: Task[]): Task[] {
  const isSmall = ({ raw, isSuspect }: Task) => !isSuspect && 'bytes' in raw && raw.bytes.length <= SMALL_BYTES_MAX
  const others = waiting.findIndex((task, n) => n >= BATCH_MAX || !isSmall(task))
  return waiting.splice(0, others < 0 ? waiting.length : Math.max(1, others))
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
async function parseIn(
  worker: Worker,
  raws: readonly RawMail[],
  milliseconds: number,
): Promise<InboundMail[] | MailParseError> {
  worker.ref()
  try {
    if (!started.has(worker)) await answerOf(worker)
    const answer = answerOf<InboundMail[]>(worker, milliseconds)
    const [only] = raws
    // several are copied: they may have to be read again
    worker.postMessage(raws, only && raws.length === 1 && 'bytes' in only ? ownBuffer(only.bytes) : [])
    return await answer
  } catch (error) {
    const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    return isMemory ? 'parse_memory_exceeded' : 'parse_failed'
  } finally {
    worker.unref()
  }
}

/** Threads that have said that their modules are loaded. */
const started = new WeakSet<Worker>()

/** The next thing that a thread says; rejects when it ends. Made for every mail, so without the costs of an AbortSignal. */
function answerOf<T>(worker: Worker, milliseconds?: number): Promise<T | 'parse_time_exceeded'> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      act()
    }
    const onMessage = (message: T) => settle(() => resolve(message))
    const onError = (error: Error) => settle(() => reject(error))
    const onExit = () => settle(() => reject(new Error('The thread ended')))
    const timer =
      milliseconds === undefined
        ? undefined
        : setTimeout(() => settle(() => resolve('parse_time_exceeded')), milliseconds)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}

function ownBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}
