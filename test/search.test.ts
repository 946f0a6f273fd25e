import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { indexTexts } from '../src/domain/search/index-texts.ts'
import { snippet } from '../src/domain/search/snippets.ts'
import { type Part, vectorOf } from '../src/domain/search/vectors.ts'
import { soughtBy, standsAlone, wordsOf } from '../src/domain/search/words.ts'
import { startDesk } from './support/desk.ts'

const { call, db, graphql, openTicket, person, system, receive, replyAddress, withoutRules } = await startDesk(t)
await withoutRules()
const agent = await person('agent')
const ruth = await person('requester', 'ruth@example.com')
const eve = await person('requester', 'eve@example.com')
const index = async () => {
  while ((await system.execute(indexTexts, {})).more);
}
const search = (body: unknown, key = agent.key) => call('POST', '/v1/tickets/search', { body, key })
const found = async (body: unknown, key?: string): Promise<string[]> =>
  (await search(body, key)).body.data.map(({ id }: { id: string }) => id)

const jam = await openTicket({
  requesterId: ruth.id,
  subject: 'Printer trouble',
  body: 'There is a paper jam in the hallway.',
  priority: 'high',
  tags: ['vip', 'printer'],
})
const fire = await openTicket({
  requesterId: ruth.id,
  subject: 'Fire',
  body: 'The jam of paper and the printer burn. Printer! Printer!',
  assigneeId: agent.id,
})
const quiet = await openTicket({
  requesterId: eve.id,
  subject: 'Quiet',
  body: 'Nothing to see.',
  status: 'solved',
  priority: 'urgent',
})
await call('POST', `/v1/tickets/${jam.id}/notes`, { body: { body: 'CANARYNOTE the customer is difficult' } })
await call('POST', `/v1/tickets/${jam.id}/replies`, {
  key: agent.key,
  body: { body: 'Please pull the Ärmel <b>gently</b>' },
})
await index()

t.test('words are found in messages, subjects and requesters; the best come first', async (t) => {
  t.same(await found({ query: 'printer' }), [jam.id, fire.id], 'a subject says more than a text')
  t.same(await found({ query: '"paper jam"' }), [jam.id])
  t.same(await found({ query: 'trouble jam' }), [jam.id], 'one word in the subject, one in the text')
  t.same(await found({ query: 'ärmel' }), [jam.id])
  t.same((await found({ query: 'ruth@example.com' })).toSorted(), [jam.id, fire.id].toSorted())
  t.same(await found({ query: 'eve@example.com' }), [quiet.id])
  t.same(await found({ query: 'printer -trouble' }), [fire.id])
  t.same(await found({ query: '-printer' }), [quiet.id])
  t.same(await found({ query: 'nowhere' }), [])
  t.same(await found({ query: '!!! ...' }), [])
  t.same(await found({ query: 'CANARYNOTE' }), [jam.id], 'staff find notes')
  t.same(await found({}), [quiet.id, fire.id, jam.id], 'nothing asked is all, newest first')
})

t.test('whatever is written in a message is found, however it is joined to what stands beside it', async (t) => {
  const body = [
    'Order-1234 of INV-2024-001 failed with <init> in src/main.ts, version 1.2.3, at https://shop.example.org/login?x=1.',
    '無法登入系統。システムにログインできません。ｶﾀｶﾅ １２３４５ ไม่สามารถเข้าสู่ระบบได้ résumé re\u0301sume\u0301e snake_case',
    `Signature: ${'Qk0x'.repeat(60)}`,
  ].join('\n')
  const odd = await openTicket({ requesterId: eve.id, subject: 'Odd', body })
  await index()
  const finding = [
    '1234 ORDER-1234 "order 1234" 2024 INV-2024-001 001 init <init> main.ts src/main.ts main 1.2.3 login shop.example.org https://shop.example.org/login?x=1',
    '登入 系統 ログイン システム カタカナ ｶﾀｶﾅ 12345 เข้าสู่ระบบ résumé RÉSUMÉE case snake_case "odd eve"',
    'Qk0x'.repeat(60),
  ]
  for (const query of finding.flatMap((line) => line.match(/"[^"]*"|\S+/g) ?? []))
    t.same(await found({ query }), query === '"odd eve"' ? [] : [odd.id], query)
  for (const query of ['123', 'orde', '入登', 'snake_cas', '"1234 order"', '"odd order"'])
    t.same(await found({ query }), [], query)
  const [{ match }] = (await search({ query: '登入 ts' })).body.data
  t.same(
    match.marks.map(({ from, to }: { from: number; to: number }) => match.text.slice(from, to)),
    ['ts', '登入'],
  )
  await call('DELETE', `/v1/tickets/${odd.id}`, {})
})

t.test('words are parted, counted and cut so that Postgres takes them', async (t) => {
  const parts: Part[] = [
    { text: 'Order-1234 at order', weight: 'A' },
    { text: 'order Ada', weight: 'B' },
    { text: '', weight: '' },
    { text: "登入 can't", weight: '' },
  ]
  t.equal(
    await shown(vectorOf(parts)),
    await shown('order:1A,4A,6B 1234:2A at:3A ada:7B 登:10 登入:10 入:11 can:12 t:13'),
  )
  t.equal(soughtBy(['INV-2024', '登入', '!!', 'x']), 'inv <-> 2024 & 登入 & x')
  t.equal(soughtBy(['!!', '']), '')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 8 }), async (texts) => {
      const text = texts.join(' ').replaceAll('\0', '')
      const words = wordsOf(text)
      const [row] = (
        await db.query<{ all: boolean; phrase: boolean; count: number }>({
          text: 'select $1::tsvector @@ $2::tsquery as all, $1::tsvector @@ $3::tsquery as phrase, length($1::tsvector) as count',
          values: [vectorOf([{ text, weight: '' }]), soughtBy(words), soughtBy([text])],
        })
      ).rows
      if (!words.some(standsAlone)) t.equal(row?.count, new Set(words).size)
      return words.length ? row?.all === true && row.phrase : row?.all === false
    }),
    { numRuns: 200 },
  )
  const long = Array.from({ length: 60_000 }, (_, n) => `w${n % 20_000}`).join(' ')
  const [row] = (
    await db.query<{ count: number }>({
      text: 'select length($1::tsvector) as count',
      values: [vectorOf([{ text: long, weight: 'A' }])],
    })
  ).rows
  t.equal(row?.count, 20_000, 'words past the last place are found, too')

  const among = '的'.repeat(20_000)
  t.ok(await isFound(`${among}。订单的编号`, '订单的编号'), 'however often a letter has been there')
  t.notOk(await isFound(`${among}。订单，编号`, '订单的编号'))
  const alike: [string, string][] = [
    ['Ở VIỆT NAM', 'việt'],
    ['ΟΔΟΣ', 'οδος'],
    ['STRAẞE', 'straße'],
    ['co\u00adop', 'coop'],
    ['ａｂｃ１２３', 'ABC123'],
    ['e\u0301', 'é'],
  ]
  for (const [text, query] of alike) t.ok(await isFound(text, query), text)
})

const shown = async (vector: Uint8Array | string): Promise<string | undefined> =>
  (await db.query<{ shown: string }>({ text: 'select $1::tsvector::text as shown', values: [vector] })).rows[0]?.shown

const isFound = async (text: string, query: string): Promise<boolean> =>
  (
    await db.query<{ found: boolean }>({
      text: 'select $1::tsvector @@ $2::tsquery as found',
      values: [vectorOf([{ text, weight: '' }]), soughtBy([query])],
    })
  ).rows[0]?.found === true

t.test('no text is too much for the index, or takes long', async (t) => {
  const letters = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => String.fromCodePoint(from + n))
  const han = letters(0x4e00, 20_000)
  const texts = [
    han.map((letter) => `${letter}\ufdfb${letter}ﷲ`).join(' '),
    Array.from({ length: 99_000 }, (_, n) => (n % 5 ? han[(n * 7_919) % 20_000] : '\ufdfb')).join(''),
    Array.from({ length: 99_000 }, (_, n) => han[(n * n) % 20_000]).join(''),
    Array.from({ length: 25_000 }, (_, n) => String.fromCodePoint(0x20000 + n)).join(' \ufdfa'),
    `a${'\u0301\u0323'.repeat(50_000)}`,
    'a\u0301'.repeat(50_000),
    'ก\u0e31'.repeat(50_000),
  ]
  for (const text of texts) {
    const before = process.cpuUsage()
    const vector = vectorOf([{ text, weight: '' }])
    const { user } = process.cpuUsage(before)
    t.ok(user < 1_500_000, `${user / 1_000} ms`)
    const { rows } = await db.query<{ count: number }>({
      text: 'select length($1::tsvector) as count',
      values: [vector],
    })
    t.ok((rows[0]?.count ?? 0) > 0)
  }
})

t.test('the query syntax says what conditions say', async (t) => {
  const table: [string, string[]][] = [
    ['is:open', [fire.id, jam.id]],
    ['is:solved', [quiet.id]],
    ['is:unresolved is:unassigned', [jam.id]],
    ['-is:open', [quiet.id]],
    ['is:mine', [fire.id]],
    ['assignee:me', [fire.id]],
    ['assignee:none is:open', [jam.id]],
    [`assignee:${agent.id}`, [fire.id]],
    ['priority:>=high', [quiet.id, jam.id]],
    ['priority:<high', [fire.id]],
    ['priority:urgent,normal', [quiet.id, fire.id]],
    ['tag:vip', [jam.id]],
    ['tag:nothing,printer', [jam.id]],
    ['-tag:vip is:open', [fire.id]],
    ['requester:ruth@example.com', [fire.id, jam.id]],
    [`requester:${eve.id}`, [quiet.id]],
    ['created:>-7d', [quiet.id, fire.id, jam.id]],
    ['created:<-7d', []],
    ['created:-1h number:>0', [quiet.id, fire.id, jam.id]],
    ['subject:"printer trouble"', [jam.id]],
    ['statusCategory:solved', [quiet.id]],
    ['needsReaction:true assigneeId:any', [fire.id]],
    ['is:open printer priority:>=high', [jam.id]],
  ]
  for (const [query, ids] of table) t.same(await found({ query }), ids, query)
  t.same(await found({ query: 'printer', condition: { field: 'assigneeId', op: 'present' } }), [fire.id])
  t.same(await found({ condition: { field: 'tags', op: 'contains', value: 'vip' } }), [jam.id])
  t.same(await found({ query: 'printer', sort: 'createdAt' }), [jam.id, fire.id])
  t.same(await found({ query: 'printer', sort: '-createdAt' }), [fire.id, jam.id])
})

t.test('the example of the documents is a query', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/api.md'), 'utf8')
  const [, query] = /^ {4}(is:open .*)$/m.exec(text) ?? []
  t.equal((await search({ query })).status, 200, String(query))
})

t.test('a wrong query is told by position, a wrong condition by pointer', async (t) => {
  const table: [string, number, string?][] = [
    ['printer "paper jam', 8],
    ['is:open tag:', 8],
    ['is:opne', 0, 'open'],
    ['printer  priority:>=hihg', 9, 'high'],
    ['asignee:me', 0, 'assignee'],
    ['a - b', 2],
    ['created:>yesterday', 0],
    ['number:many', 0],
    ['status:>open', 0],
  ]
  for (const [query, position, didYouMean] of table)
    t.match(
      await search({ query }),
      {
        status: 422,
        body: {
          code: 'invalid_input',
          errors: [{ pointer: '/query', position, ...(didYouMean ? { didYouMean } : {}) }],
        },
      },
      query,
    )
  t.match(await search({ query: 'is:opne', condition: { field: 'stauts', op: 'is', value: 'open' } }), {
    status: 422,
    body: { errors: [{ pointer: '/condition/field' }, { pointer: '/query' }] },
  })
  for (const body of [
    { sort: 'nonsense' },
    { after: 'x.y' },
    { after: 'r.x.y', query: 'printer' },
    { query: 'x'.repeat(501) },
    { limit: 101 },
    { query: Array.from({ length: 31 }, () => 'a').join(' ') },
  ])
    t.match(await search(body), { status: 422 }, JSON.stringify(body).slice(0, 40))
})

t.test('any text is a query or is told why not, and none breaks anything', async (t) => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '"',
      '-',
      ':',
      '(',
      '|',
      '&',
      '!',
      '*',
      '<->',
      "'",
      '\\',
      'or',
      'and',
      'is:',
      'tag:',
      'created:',
      '>=',
      'priority:>=',
      ':*',
      "';--",
      '%',
      '-"',
      '""',
      '< b',
    ),
    fc.string({ maxLength: 10 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.constantFrom('', ' '), async (parts, by) => {
      const answers = await Promise.all([agent.key, ruth.key].map((key) => search({ query: parts.join(by) }, key)))
      return answers.every(({ status }) => status === 200 || status === 422)
    }),
    { numRuns: 200 },
  )
  t.pass()
})

t.test('where the words were found is shown as plain text with places', async (t) => {
  const { body } = await search({ query: 'jam printer' })
  for (const { match } of body.data) {
    t.ok(match.text.length <= 300)
    for (const { from, to } of match.marks) t.match(match.text.slice(from, to), /^(jam|printer)$/i)
    t.ok(match.marks.length > 0, match.text)
  }
  t.equal((await search({ query: 'is:open' })).body.data[0].match, null)
  t.match(
    (await search({ query: 'ärmel', sort: 'number' })).body.data[0].match.text,
    'Please pull the Ärmel <b>gently</b>',
  )
  const wanted = new Set(['b', 'élan'])
  t.same(snippet(' a B c\n Élan! ab', wanted), {
    text: 'a B c Élan! ab',
    marks: [
      { from: 2, to: 3 },
      { from: 6, to: 10 },
    ],
  })
  t.same(snippet('nothing here', wanted), { text: 'nothing here', marks: [] })
  t.same(snippet('', wanted), { text: '', marks: [] })
  const late = snippet(`${'before '.repeat(40)}b ${'after '.repeat(100)}`, wanted)
  t.match(late.text, /^(before ){8}b after/)
  t.same(late.marks, [{ from: 56, to: 57 }])
  const solid = snippet(`${'x'.repeat(1_000)} b`, wanted)
  t.equal(solid.text.slice(solid.marks[0]?.from, solid.marks[0]?.to), 'b')
})

t.test('few words are found where many are', (t) => {
  const letters = ['a', 'B', 'ab', 'É', 'σ', 'ς', 'İ', '𝒳', '_', '7', ' ', '\n', '-', '\ud800']
  const texts = fc.array(fc.constantFrom(...letters), { maxLength: 60 }).map((parts) => parts.join(''))
  const elsewhere = Array.from({ length: 10 }, (_, n) => `nowhere${n}`)
  fc.assert(
    fc.property(texts, fc.uniqueArray(fc.constantFrom('a', 'b', 'ab', 'é', 'σ', 'x', '7', '𝒳')), (text, words) => {
      t.same(snippet(text, new Set(words)), snippet(text, new Set([...words, ...elsewhere])), { text, words })
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('pages by relevance go forth and back, and are good for one question of one person', async (t) => {
  const made: string[] = []
  for (let n = 0; n < 7; n++)
    made.push((await openTicket({ requesterId: eve.id, subject: `Toner ${n % 3 ? 'toner' : ''}`, body: 'x' })).id)
  await index()
  const seen: string[] = []
  let after: string | undefined
  do {
    const { body } = await search({ query: 'toner', limit: 3, ...(after ? { after } : {}), includeTotal: true })
    t.equal(body.total, 7)
    seen.push(...body.data.map(({ id }: { id: string }) => id))
    after = body.nextCursor ?? undefined
  } while (after)
  t.same(seen, await found({ query: 'toner' }))
  t.same(seen.toSorted(), made.toSorted())
  const first = (await search({ query: 'toner', limit: 3 })).body
  const second = (await search({ query: 'toner', limit: 3, after: first.nextCursor })).body
  const back = (await search({ query: 'toner', limit: 3, before: second.prevCursor })).body
  t.same(back.data, first.data)
  t.equal(first.prevCursor, null)
  t.equal((await search({ query: 'other', limit: 3, after: first.nextCursor })).status, 422)
  t.equal((await search({ query: 'toner', limit: 3, after: first.nextCursor }, eve.key)).status, 422)
})

t.test('a requester finds their own tickets by what they read, and nothing by a note', async (t) => {
  t.same(await found({ query: 'printer' }, ruth.key), [jam.id, fire.id])
  t.same(await found({ query: 'quiet' }, ruth.key), [], 'somebody else’s')
  t.same(await found({ query: 'quiet' }, eve.key), [quiet.id])
  for (const query of ['CANARYNOTE', 'difficult', '"customer is difficult"', 'difficult printer']) {
    const answer = await search({ query, includeTotal: true }, ruth.key)
    t.same(answer.body, { data: [], nextCursor: null, prevCursor: null, total: 0, totalIsCapped: false }, query)
    t.same(await found({ query, sort: '-createdAt' }, ruth.key), [], query)
  }
  t.equal((await found({ query: 'is:open -CANARYNOTE' }, ruth.key)).length, 2, 'not even by what is left out')
  const { body } = await search({ query: 'printer' }, ruth.key)
  t.match(body.data[0], { assigneeId: null, tags: null, needsReaction: null, match: { text: String } })
  t.notMatch(JSON.stringify(body), /CANARY|"vip"/)
  for (const query of [
    'tag:vip',
    'assignee:me',
    'is:mine',
    'needsReaction:true',
    'lastNoteAt:any',
    'requester.email:x',
  ])
    t.match(await search({ query }, ruth.key), { status: 422 }, query)
  for (const field of ['tags', 'assigneeId', 'requester.email', 'event.type', 'before.status'])
    t.match(await search({ condition: { field, op: 'present' } }, ruth.key), { status: 422 }, field)
  t.same(await found({ condition: { field: 'updatedAt', op: 'after', value: '-1h' }, query: 'is:open' }, ruth.key), [
    fire.id,
    jam.id,
  ])
})

t.test('what changes is found as it is now', async (t) => {
  const ticket = await openTicket({ requesterId: ruth.id, subject: 'Beforehand', body: 'Unchanged text' })
  await index()
  await call('PATCH', `/v1/tickets/${ticket.id}`, { body: { subject: 'Afterwards' } })
  await call('PATCH', `/v1/people/${eve.id}`, { body: { name: 'Evelyn Quince' } })
  await index()
  t.same(await found({ query: 'beforehand' }), [])
  t.same(await found({ query: 'afterwards' }), [ticket.id])
  t.ok((await found({ query: 'quince' })).includes(quiet.id))

  const rcptTo = await replyAddress(ticket.id, 'ruth@example.com')
  const { messageId } = await receive(
    'From: mallory@example.net\nSubject: Re: x\nMessage-ID: <held@example.net>\n\nHELDWORD\n',
    { rcptTo },
  )
  await index()
  t.same(await found({ query: 'HELDWORD' }, ruth.key), [], 'held')
  await call('POST', `/v1/messages/${messageId}/release`, {})
  await index()
  t.same(await found({ query: 'HELDWORD' }, ruth.key), [ticket.id], 'freed')
  t.equal(
    (await db.query<{ n: number }>({ text: 'select count(*)::int as n from search_pending', values: [] })).rows[0]?.n,
    0,
  )
})

t.test('a word that is everywhere is answered by the newest', async (t) => {
  await db.script(
    `insert into search_texts select 'msg_x' || n, '${quiet.id}', true, to_tsvector('simple', 'everywhere') from generate_series(1, 5100) n`,
  )
  const late = await openTicket({ requesterId: ruth.id, subject: 'Late', body: 'everywhere' })
  await index()
  t.same(await found({ query: 'everywhere' }), [late.id, quiet.id])
  const first = (await search({ query: 'everywhere', limit: 1 })).body
  t.same(await found({ query: 'everywhere', limit: 1, after: first.nextCursor }), [quiet.id])
  t.same(await found({ query: 'everywhere' }, ruth.key), [late.id])
  t.same(await found({ query: 'everywhere is:solved', sort: 'priority' }), [quiet.id])
})

t.test('GraphQL searches as REST does', async (t) => {
  const { body } = await graphql(
    `query ($condition: JSON) { searchTickets(query: "printer", condition: $condition, first: 5) { totalCount nodes { id requester { email } match { text marks { from to } } } } ticket(id: "${jam.id}") { match { text } } }`,
    { condition: { field: 'priority', op: 'gte', value: 'high' } },
  )
  t.match(body.data, {
    searchTickets: {
      totalCount: 1,
      nodes: [{ id: jam.id, requester: { email: 'ruth@example.com' }, match: { marks: [] } }],
    },
    ticket: { match: null },
  })
  t.match((await graphql('{ searchTickets(query: "is:opne") { nodes { id } } }')).body.errors[0].extensions, {
    code: 'invalid_input',
    errors: [{ pointer: '/query', position: 0 }],
  })
})
