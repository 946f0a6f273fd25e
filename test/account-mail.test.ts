import t from 'tap'
import { claimOutboundMail } from '../src/domain/outbound/claim-outbound-mail.ts'
import { recordMailResult } from '../src/domain/outbound/record-mail-result.ts'
import { startDesk } from './support/desk.ts'
import { loginOn, PASSWORD } from './support/login.ts'

const desk = await startDesk(t, { SMTP_RELAY_URL: 'smtp://127.0.0.1:1', PORTAL_URL: 'https://portal.example' })
const { call, db, person, system } = desk
const { ask, logIn, member, gone, keptAnywhere } = loginOn(desk)

/** What leaves by mail to an address, as the worker takes it. */
async function mailTo(address: string, outcome: 'sent' | 'deferred' = 'sent') {
  const { data } = (await call('GET', `/v1/mail/outbound?to=${encodeURIComponent(address)}`)).body
  const [{ id: outboundMailId }] = data
  const mail = await system.execute(claimOutboundMail, { outboundMailId, workerId: 'job_test' })
  if (!mail) return undefined
  await system.execute(recordMailResult, { outboundMailId, outcome, response: 'as said' })
  const [, page, token = ''] = /https:\/\/portal\.example\/([a-z-]+)#token=([\w-]{43})\s/.exec(mail.bodyText) ?? []
  return { ...mail, outboundMailId, page, token }
}

async function mailsTo(address: string): Promise<number> {
  return (await call('GET', `/v1/mail/outbound?to=${encodeURIComponent(address)}`)).body.data.length
}

t.test('somebody invited sets a password, and has proven their address', async (t) => {
  const agent = await person('agent')
  const ruth = await person('requester')
  t.match(await logIn(ruth.email, PASSWORD), { status: 401 })
  const invited = await call('POST', `/v1/people/${ruth.id}/invitation`, { key: agent.key })
  t.match(invited, { status: 202, body: { kind: 'invitation', ticketId: null, to: ruth.email, state: 'queued' } })
  const mail = await mailTo(ruth.email)
  t.match(mail, { page: 'password', replyTo: null, automatic: true, ticketNumber: null, references: [] })
  const { token = '', outboundMailId } = mail ?? {}
  t.notOk(await keptAnywhere(token), 'the token is kept nowhere')
  const why = await call('GET', `/v1/mail/outbound/${outboundMailId}/why`)
  t.match(why.body, { mail: { state: 'sent' }, bodyText: null, trail: [{ step: 'queued' }, { step: 'send' }] })
  t.equal((await ask('/v1/auth/password', { token, password: 'short' })).status, 422)
  t.equal((await ask('/v1/auth/password', { token, password: PASSWORD })).status, 204)
  t.match(await ask('/v1/auth/password', { token, password: PASSWORD }), { status: 410, body: { code: 'token_gone' } })
  const { status, body } = await logIn(ruth.email, PASSWORD)
  t.equal(status, 200)
  const opened = await call('POST', '/v1/tickets', { key: body.accessToken, body: { subject: 'x', body: 'x' } })
  t.match(opened, { status: 201, body: { channel: 'portal', requesterId: ruth.id, assigneeId: null } })
})

t.test('who comes to work here proves their address anew', async (t) => {
  const ruth = await person('requester')
  await call('POST', `/v1/people/${ruth.id}/invitation`)
  const { token = '' } = (await mailTo(ruth.email)) ?? {}
  t.equal((await ask('/v1/auth/password', { token, password: PASSWORD })).status, 204)
  const { body: session } = await logIn(ruth.email, PASSWORD)
  t.equal((await call('PATCH', `/v1/people/${ruth.id}`, { body: { role: 'agent' } })).status, 200)
  await gone(t, session.accessToken, 'the session of a client')
  t.equal((await logIn(ruth.email, PASSWORD)).status, 401, 'nor their password')
  await call('POST', `/v1/people/${ruth.id}/invitation`)
  const again = (await mailTo(ruth.email))?.token ?? ''
  t.equal((await ask('/v1/auth/password', { token: again, password: PASSWORD })).status, 204)
  t.equal((await logIn(ruth.email, PASSWORD)).status, 200)
})

t.test('agents invite requesters, admins anybody, and nobody somebody who is disabled', async (t) => {
  const [agent, other, ruth] = await Promise.all([person('agent'), person('agent'), person('requester')])
  const invite = (id: string, key?: string) => call('POST', `/v1/people/${id}/invitation`, key ? { key } : {})
  t.equal((await invite(other.id, agent.key)).status, 403)
  t.equal((await invite(ruth.id, ruth.key)).status, 403)
  t.match(await invite(other.id, ruth.key), { status: 404, body: { code: 'person_not_found' } })
  t.equal((await invite(other.id)).status, 202)
  await call('PATCH', `/v1/people/${ruth.id}`, { body: { disabled: true } })
  t.match(await invite(ruth.id), { status: 409, body: { code: 'person_inactive' } })
})

t.test('a forgotten password is chosen anew by mail, and nobody learns whose address it is', async (t) => {
  const ada = await member()
  const session = (await logIn(ada.email, PASSWORD)).body
  const unproven = await person('agent')
  const before = await mailsTo(unproven.email)
  const answers = await Promise.all(
    [ada.email, 'nobody@example.com', unproven.email].map((email) => ask('/v1/auth/password-reset', { email })),
  )
  for (const { status, body } of answers) t.match({ status, body }, { status: 202, body: { accepted: true } })
  t.equal(await mailsTo(unproven.email), before)
  t.equal(await mailsTo('nobody@example.com'), 0)
  const { token = '' } = (await mailTo(ada.email)) ?? {}
  t.equal((await ask('/v1/auth/password', { token, password: 'a new long password' })).status, 204)
  await gone(t, session.accessToken, 'all sessions end')
  t.equal((await logIn(ada.email, PASSWORD)).status, 401)
  t.equal((await logIn(ada.email, 'a new long password')).status, 200)
  const many = await Promise.all(
    Array.from({ length: 12 }, () => ask('/v1/auth/password-reset', { email: 'x@example.com' })),
  )
  t.equal(many.filter(({ status }) => status === 202).length, 10, 'so many in a quarter of an hour')
})

t.test('a token is whole, its own, in time, and used once', async (t) => {
  const ruth = await person('requester')
  const again = async () => {
    await db.query({
      text: `update outbound_mails set created_at = created_at - interval '2 days' where "to" = $1`,
      values: [ruth.email],
    })
    await call('POST', `/v1/people/${ruth.id}/invitation`)
    return (await mailTo(ruth.email))?.token ?? ''
  }
  const token = await again()
  const set = (given: unknown) => ask('/v1/auth/password', { token: given, password: PASSWORD })
  for (const given of ['', ' ', null, [token], {}, `${token} `, token.slice(1), 12])
    t.match(await set(given), { status: 422, body: { code: 'invalid_input' } }, JSON.stringify(given))
  const swapped = token.replace(/[a-z]/, (letter) => letter.toUpperCase())
  for (const given of [swapped, 'A'.repeat(43)]) t.match(await set(given), { status: 410 })
  t.match(await ask('/v1/auth/verify-email', { token }), { status: 410 }, 'for what it was made for')
  await db.query({
    text: `update one_time_tokens set expires_at = now() - interval '1 second' where person_id = $1`,
    values: [ruth.id],
  })
  t.match(await set(token), { status: 410 }, 'a day later')
  const [first, second] = [await again(), await again()]
  t.equal((await set(second)).status, 204)
  t.match(await set(first), { status: 410 }, 'who has used one has used all')
  const third = await again()
  const answers = await Promise.all(Array.from({ length: 8 }, () => set(third)))
  t.equal(answers.filter(({ status }) => status === 204).length, 1, 'eight at once')
  const unused = await again()
  await call('PATCH', `/v1/people/${ruth.id}`, { body: { disabled: true } })
  t.match(await set(unused), { status: 410 }, 'of somebody disabled')
})

t.test('a mail that is tried again carries a new token, and one too late none', async (t) => {
  const ruth = await person('requester')
  await call('POST', `/v1/people/${ruth.id}/invitation`)
  const first = await mailTo(ruth.email, 'deferred')
  await db.query({
    text: `update outbound_mails set next_attempt_at = now() - interval '1 minute' where id = $1`,
    values: [first?.outboundMailId],
  })
  const second = await mailTo(ruth.email)
  t.equal(second?.messageId, first?.messageId)
  t.not(second?.token, first?.token)
  t.match(await ask('/v1/auth/password', { token: first?.token, password: PASSWORD }), { status: 410 })
  t.match(await ask('/v1/auth/password', { token: second?.token, password: PASSWORD }), { status: 204 })
  await call('POST', `/v1/mail/outbound/${first?.outboundMailId}/resend`)
  t.equal(await mailTo(ruth.email), undefined)
  const { body } = await call('GET', `/v1/mail/outbound/${first?.outboundMailId}`)
  t.match(body, { state: 'suppressed', smtpResponse: 'its token has had its time' })
})

t.test('an address is proven by its mail, and shows and opens nothing before', async (t) => {
  const domain = `acme-${Date.now()}.example`
  await call('POST', '/v1/organizations', { body: { name: 'Acme', domains: [domain], sharesTickets: true } })
  const colleague = (await call('POST', '/v1/people', { body: { email: `colleague@${domain}` } })).body
  const ticket = (
    await call('POST', '/v1/tickets', { body: { subject: 'Theirs', body: 'x', requesterId: colleague.id } })
  ).body
  const email = `New.One@${domain}`
  const made = (await call('POST', '/v1/people', { body: { email } })).body
  const key = (await call('POST', '/v1/api-keys', { body: { name: 'theirs', personId: made.id } })).body.key
  t.equal((await call('GET', `/v1/tickets/${ticket.id}`, { key })).status, 404)
  const sent = await call('POST', `/v1/people/${made.id}/emails/${encodeURIComponent(email)}/verification`, { key })
  t.match(sent, { status: 202, body: { kind: 'email_verification', to: email.toLowerCase() } }, 'in its one form')
  const { token, page } = (await mailTo(email.toLowerCase())) ?? {}
  t.equal(page, 'verify-email')
  t.equal((await ask('/v1/auth/verify-email', { token })).status, 204)
  t.match(await ask('/v1/auth/verify-email', { token }), { status: 410 })
  await new Promise((resolve) => setTimeout(resolve, 1_100)) // a credential is trusted for a second
  t.equal((await call('GET', `/v1/tickets/${ticket.id}`, { key })).status, 200)
  const stranger = await person('requester')
  t.match(await call('POST', `/v1/people/${made.id}/emails/${email}/verification`, { key: stranger.key }), {
    status: 404,
  })
  t.match(await call('POST', `/v1/people/${made.id}/emails/other@example.com/verification`), { status: 404 })
})

t.test('mails about accounts are few, whoever asks for them', async (t) => {
  const ruth = await person('requester')
  for (let n = 0; n < 6; n++) {
    await call('POST', `/v1/people/${ruth.id}/invitation`)
    const mail = await mailTo(ruth.email)
    t.equal(mail !== undefined, n < 5, `mail ${n + 1}`)
  }
  const max = await person('requester')
  const { body: ticket } = await call('POST', '/v1/tickets', { body: { subject: 'x', body: 'x', requesterId: max.id } })
  await db.query({
    text: `insert into outbound_mails select p.* from (select * from outbound_mails limit 1) m, generate_series(1, 30) n,
      jsonb_populate_record(null::outbound_mails, to_jsonb(m) || jsonb_build_object('id', 'oum_00' || n, 'message_id', 'x' || n,
        'ticket_id', $2::text, 'kind', 'acknowledgement', 'attempts', 1, 'to', $1::text, 'created_at', $3::text)) p`,
    values: [max.email, ticket.id, new Date().toISOString()],
  })
  await call('POST', `/v1/people/${max.id}/invitation`)
  t.match(await mailTo(max.email), { page: 'password' }, 'mails about tickets leave room for them')
})
