import { once } from 'node:events'
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

export interface Parser {
  /**
   * Never rejects for the mail's sake: what cannot be parsed in time or memory comes back with `parseError`. The bytes are handed
   * over where they own their buffer: do not use `raw` afterwards. The caller bounds how many wait. Rejects once closed.
   */
  parse(raw: Uint8Array): Promise<InboundMail>
  close(): Promise<void>
}

interface Task {
  raw: Uint8Array
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

  const next = () => {
    while (waiting.length > 0 && busy < threads) {
      const task = waiting.shift()
      if (task) void work(task)
    }
  }
  const work = async ({ raw, done, fail }: Task) => {
    busy++
    // The thread gets the bytes themselves, so what a failure will tell is set aside.
    const head = Uint8Array.from(raw.subarray(0, PLAIN_HEADER_BYTES))
    const worker = idle.pop() ?? startThread(heapMegabytes, alive)
    const outcome = await parseIn(worker, raw, wallClockSeconds * 1_000)
    busy--
    if (closed) fail(new Error('The parser was closed'))
    else if (typeof outcome === 'string') done(parseFailure(head, outcome))
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
    async close() {
      closed = true
      for (const { fail } of waiting.splice(0)) fail(new Error('The parser was closed'))
      await Promise.all([...alive].map((worker) => worker.terminate()))
    },
  }
}

function startThread(maxOldGenerationSizeMb: number, alive: Set<Worker>): Worker {
  const worker = new Worker(new URL('./parse-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb },
  })
  alive.add(worker)
  worker.once('exit', () => alive.delete(worker))
  // An error belongs to the mail being parsed, which listens too; without this one it would end the process.
  worker.on('error', () => {})
  return worker
}

/** Threads that wait must not keep the process alive, threads that work must. */
async function parseIn(worker: Worker, raw: Uint8Array, milliseconds: number): Promise<InboundMail | MailParseError> {
  worker.ref()
  const ended = new AbortController()
  let timer: NodeJS.Timeout | undefined
  try {
    if (!started.has(worker)) {
      await Promise.race([once(worker, 'message', ended), rejectOnExit(worker, ended.signal)])
      started.add(worker)
    }
    const late = new Promise<MailParseError>((resolve) => {
      timer = setTimeout(resolve, milliseconds, 'parse_time_exceeded')
    })
    const answer = Promise.race([once(worker, 'message', ended), rejectOnExit(worker, ended.signal)])
    worker.postMessage(raw, ownBuffer(raw))
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
