import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Home, Service } from '../support/process.ts'
import type { Target } from './target.ts'

/** How long the mails of a killed process waited after the next one was ready. */
export interface Wait {
  seconds: number
  /** How many they were when it was ready. */
  mails: number
  /** The next kill came before they were filed. */
  isCut: boolean
}

/** One desk that is killed and started again. */
export interface Life {
  target: Target
  /** SIGKILL at once, a new process when the old one is gone; killed in its start after so many milliseconds each. */
  kill(startKillsMs?: readonly number[]): Promise<void>
  readySeconds: number[]
  waits: Promise<Wait>[]
  kills(): number
  /** Errors that processes logged. */
  errors(): string[]
}

const LOOK_MS = 50

/** The first process of a desk, after others that were killed in their start. */
export async function beginLife(
  home: Home,
  signal: AbortSignal,
  startKillsMs: readonly number[],
  /** While none of its processes lives. */
  between = async () => {},
): Promise<Life> {
  const readySeconds: number[] = []
  const waits: Promise<Wait>[] = []
  const outputs: (() => string)[] = []
  let kills = 0

  const killInStart = async (afterMs: number) => {
    const { ended, kill, output } = home.launch()
    outputs.push(output)
    const isGone = await Promise.race([wait(afterMs, false), ended.then(() => true)])
    if (isGone) throw new Error(`The service ended in its start:\n${output()}`)
    kill('SIGKILL')
    kills++
    await ended
  }
  const startAfter = async (startKills: readonly number[]) => {
    for (const afterMs of startKills) await killInStart(afterMs)
    const service = await home.start()
    outputs.push(service.output)
    readySeconds.push(service.readySeconds)
    return service
  }
  let current = startAfter(startKillsMs)
  await current
  const key = readFileSync(join(home.dataDir, 'first-api-key'), 'utf8').trim()

  return {
    target: { service: () => current, key: () => key, signal },
    readySeconds,
    waits,
    kills: () => kills,
    errors: () => outputs.flatMap((output) => output().match(/^.*"level":[56]0.*$/gm) ?? []),
    async kill(startKills = []) {
      const doomed = await current
      const killedAt = new Date()
      // nobody may ask for the dead one: they wait for the next from this very moment
      current = (async () => {
        doomed.kill('SIGKILL')
        kills++
        await doomed.ended
        await between()
        return startAfter(startKills)
      })()
      waits.push(waitOf(await current, key, killedAt))
    },
  }
}

/** Until no mail is pending that was received before a moment. */
async function waitOf({ url, ended }: Service, key: string, before: Date): Promise<Wait> {
  const since = performance.now()
  const gone = ended.then(() => true)
  const pending = async (): Promise<number | undefined> => {
    const query = `state=pending&receivedAt[lte]=${before.toISOString()}&limit=1&includeTotal=true`
    const headers = { authorization: `Bearer ${key}` }
    const answer = await fetch(`${url}/v1/mail/inbound?${query}`, { headers }).then((response) => response.text())
    return Number(/"total":(\d+)/.exec(answer)?.[1])
  }
  let mails: number | undefined
  for (;;) {
    const left = await pending().catch(() => undefined)
    mails ??= left
    const isCut = left !== 0 && (await Promise.race([wait(LOOK_MS, false), gone]))
    if (left === 0 || isCut) return { seconds: (performance.now() - since) / 1_000, mails: mails ?? 0, isCut }
  }
}
