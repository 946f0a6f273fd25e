import t from 'tap'
import { authenticationOf } from '../src/domain/inbound/authentication.ts'
import { networks } from '../src/kernel/networks.ts'

// RFC 8601 §5: whose word counts, and what it must say (R21).

const relays = {
  authservIds: ['mx.desk.test', 'mx2.desk.test'],
  isTrustedRelay: networks(['192.0.2.0/24', '2001:db8::25']),
}
const RELAY = '192.0.2.25'
const FROM = 'ruth@good.test'

const judged = (values: string | string[], { peer = RELAY, from = FROM } = {}) =>
  authenticationOf(
    [values].flat().map((value) => ({ name: 'authentication-results', value })),
    from,
    peer,
    relays,
  ).result

t.test('what a trusted relay says counts', async (t) => {
  for (const [value, result] of [
    ['mx.desk.test; dmarc=pass header.from=good.test', 'pass'],
    ['MX.Desk.Test; DMARC=Pass (p=reject) header.from=GOOD.test', 'pass'],
    ['mx.desk.test 1; spf=pass smtp.mailfrom=x@other.test; dmarc=pass (p=none dis=none) header.from=good.test', 'pass'],
    ['mx2.desk.test; dmarc/1=pass header.from=good.test', 'pass'],
    ['mx.desk.test; dmarc=fail header.from=good.test; dkim=pass header.d=good.test', 'fail'],
    ['mx.desk.test; dkim=pass header.d=good.test', 'pass'],
    ['mx.desk.test; dkim=pass header.i=@mail.good.test', 'pass'],
    ['mx.desk.test; spf=pass smtp.mailfrom=bounces@good.test', 'pass'],
    ['mx.desk.test; spf=pass smtp.mailfrom=good.test', 'pass'],
    ['mx.desk.test; dkim=fail header.d=good.test; spf=softfail smtp.mailfrom=good.test', 'none'],
    ['mx.desk.test; none', 'none'],
    ['mx.desk.test', 'none'],
  ] as const)
    t.equal(judged(value), result, value)
})

t.test('what anybody else says, or says of somebody else, does not', async (t) => {
  const pass = 'mx.desk.test; dmarc=pass header.from=good.test'
  for (const [name, result] of [
    ['the right name from another peer', judged(pass, { peer: '198.51.100.7' })],
    ['the right name from loopback', judged(pass, { peer: '127.0.0.1' })],
    ['from no peer', judged(pass, { peer: '' })],
    ['another name', judged('mx.evil.test; dmarc=pass header.from=good.test')],
    ['a name that begins like ours', judged('mx.desk.test.evil.test; dmarc=pass header.from=good.test')],
    ['a name that ends like ours', judged('evil-mx.desk.test; dmarc=pass header.from=good.test')],
    ['our name in a comment', judged('mx.evil.test (mx.desk.test); dmarc=pass header.from=good.test')],
    ['our name behind theirs', judged('mx.evil.test mx.desk.test; dmarc=pass header.from=good.test')],
    ['our name quoted as a part', judged('"mx.desk.test; x"; dmarc=pass header.from=good.test')],
    ['no name', judged('; dmarc=pass header.from=good.test')],
    ['not the topmost', judged(['mx.evil.test; none', pass])],
    ['an empty one above', judged(['', pass])],
    ['a pass in a comment', judged('mx.desk.test; dmarc=none (dmarc=pass header.from=good.test)')],
    ['a pass in a nested comment', judged('mx.desk.test; spf=none ((x) ; dmarc=pass)')],
    ['a comment that never ends', judged('mx.desk.test; spf=none (dmarc=none; dmarc=pass header.from=good.test')],
    ['a pass in a quoted string', judged('mx.desk.test; dkim=none header.i="@x; dmarc=pass header.from=good.test"')],
    ['a pass in a reason', judged('mx.desk.test; spf=fail reason="; dmarc=pass"')],
    ['DMARC of another domain', judged('mx.desk.test; dmarc=pass header.from=evil.test')],
    ['DKIM of another domain', judged('mx.desk.test; dkim=pass header.d=evil.test')],
    ['DKIM of a domain that ends alike', judged('mx.desk.test; dkim=pass header.d=evilgood.test')],
    ['DKIM of a whole top level', judged('mx.desk.test; dkim=pass header.d=test')],
    ['DKIM without a domain', judged('mx.desk.test; dkim=pass')],
    ['SPF of another domain', judged('mx.desk.test; spf=pass smtp.mailfrom=ruth@evil.test')],
    ['SPF of the greeting', judged('mx.desk.test; spf=pass smtp.helo=good.test')],
    ['ARC in place of results', judged('i=1; mx.desk.test; dmarc=pass header.from=good.test')],
    ['no From, or several', judged(pass, { from: '' })],
    ['a word like pass', judged('mx.desk.test; dmarc=passed header.from=good.test')],
    ['an unknown method', judged('mx.desk.test; x-dmarc=pass header.from=good.test')],
  ] as const)
    t.equal(result, 'none', name)
  t.equal(judged(`mx.desk.test; ${'('.repeat(8_000)}`), 'none')
  t.equal(
    authenticationOf([{ name: 'authentication-results', value: pass }], FROM, RELAY, { ...relays, authservIds: [] })
      .result,
    'none',
    'and nobody where nobody is configured',
  )
})
