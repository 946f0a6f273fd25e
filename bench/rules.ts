import { KEY, type Server } from './servers.ts'

/** W9: so many rules that listen to new tickets, each with a condition that holds for none of them; 0 switches the shipped ones off, too. */
export async function setRules({ port }: Pick<Server, 'port'>, count: number): Promise<void> {
  const call = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as { data?: { key: string }[] } // as the contract says
  }
  if (count === 0) {
    const { data = [] } = await call('GET', '/v1/rules')
    for (const { key } of data) await call('PATCH', `/v1/rules/${key}`, { enabled: false })
  }
  for (let n = 0; n < count; n++) {
    const condition = {
      all: [
        { field: 'priority', op: 'gte', value: n % 2 ? 'high' : 'normal' },
        {
          any: [
            { field: 'subject', op: 'contains', value: `never ${n}` },
            { field: 'tags', op: 'contains', value: `tag-${n}` },
          ],
        },
      ],
    }
    const action = { action: 'changeTicket', addTags: ['matched'] }
    const rule = { key: `bench_${n}`, name: `Rule ${n}`, on: ['ticket.opened'], if: condition }
    await call('POST', '/v1/rules', { ...rule, then: [action] })
  }
}
