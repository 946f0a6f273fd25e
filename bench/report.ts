import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Arguments } from './arguments.ts'
import type { Results } from './rounds.ts'
import { workloads } from './workloads.ts'

const FILE = fileURLToPath(import.meta.resolve('../docs/benchmarks.md'))
const BEGIN = '<!-- measured: written by npm run bench -->'
const END = '<!-- end of measured -->'

/** The ratios as a table of Markdown. */
export function table({ ratios, memoryMb }: Results): string {
  const rows = [...ratios].flatMap(([name, servers]) =>
    [...servers]
      .filter(([server]) => server !== 'limit')
      .map(([server, { rate, spread, p50, p99 }]) => [
        name,
        titleOf(name),
        server,
        `**${two(rate)}**`,
        spread.map(two).join('–'),
        two(p50),
        two(p99),
      ]),
  )
  const head = ['', 'workload', 'server', 'requests per second', 'of the rounds', 'p50', 'p99']
  const memory = [...memoryMb].map(([server, mb]) => `${server} ${Math.round(mb)} MB`).join(', ')
  return `${[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\nMemory of each process afterwards: ${memory}.`
}

const two = (ratio: number): string => ratio.toFixed(2)
const titleOf = (name: string): string => workloads.find((workload) => workload.name === name)?.title ?? ''

/** Puts the table into the document, between its marks; what people wrote around it stays. */
export async function writeReport(
  { tickets, connections, seconds, rounds }: Arguments,
  results: Results,
): Promise<void> {
  const document = await readFile(FILE, 'utf8')
  const [before, rest = ''] = document.split(BEGIN)
  const [, after] = rest.split(END)
  if (before === undefined || after === undefined) throw new Error('docs/benchmarks.md has lost the marks of its table')
  const command = `npm run bench -- --tickets ${tickets} --connections ${connections} --seconds ${seconds} --rounds ${rounds}`
  const measured = `Measured on ${new Date().toISOString().slice(0, 10)} with \`${command}\`. All figures are ratios to the limit (1.00).\n\n${table(results)}`
  await writeFile(FILE, `${before}${BEGIN}\n${measured}\n${END}${after}`)
}
