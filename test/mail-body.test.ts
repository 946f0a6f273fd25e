import fc from 'fast-check'
import { Parser } from 'htmlparser2'
import t from 'tap'
import { bodyFrom } from '../src/domain/conversations/body.ts'
import { HTML_LIMITS, sanitiseHtml } from '../src/domain/conversations/html.ts'
import { htmlToText, preview } from '../src/domain/conversations/text.ts'
import { normaliseAddress, normaliseDomain, parseAddress } from '../src/kernel/address.ts'
import { startCost } from './support/cost.ts'

/** Each would run script, load something or leave the page, if it got through. */
const VECTORS = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.test/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<script\n>alert(1)</script\n>',
  '<script/x>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<img src="x:x" onerror="alert(1)">',
  '<img/src=`x`/onerror=alert(1)>',
  '<img src="cid:a" onload=alert(1)>',
  '<img src=https://evil.test/pixel.gif>',
  '<img src=//evil.test/pixel.gif>',
  '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
  '<img srcset="https://evil.test/a 1x" src=cid:a>',
  '<image src=https://evil.test/a onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href=" javascript:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="java\nscript:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="&#x6A;&#x61;vascript&colon;alert(1)">x</a>',
  '<a href="\u0001javascript:alert(1)">x</a>',
  '<a href="JaVaScRiPt:alert(1)">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="file:///etc/passwd">x</a>',
  '<a href="blob:https://evil.test/x">x</a>',
  '<a href="//evil.test">x</a>',
  '<a href="https://ok.test" onclick="alert(1)">x</a>',
  '<a href="https://ok.test" target=_blank rel=opener>x</a>',
  '<a style="background:url(javascript:alert(1))">x</a>',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg><style><img src=x onerror=alert(1)></style></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x></svg>',
  '<svg><foreignObject><iframe src=javascript:alert(1)></foreignObject></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></mtext></math>',
  '<math href="javascript:alert(1)">x</math>',
  '<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>',
  '<iframe src=javascript:alert(1)></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data=javascript:alert(1)></object>',
  '<embed src=javascript:alert(1)>',
  '<applet code=x></applet>',
  '<form action=https://evil.test><input name=password><button>go</button></form>',
  '<button formaction=javascript:alert(1)>x</button>',
  '<isindex type=image src=1 onerror=alert(1)>',
  '<input autofocus onfocus=alert(1)>',
  '<select autofocus onfocus=alert(1)><option>x</select>',
  '<textarea><script>alert(1)</script></textarea>',
  '<keygen autofocus onfocus=alert(1)>',
  '<video src=https://evil.test/x onerror=alert(1)><source onerror=alert(1)></video>',
  '<audio src=x onerror=alert(1)></audio>',
  '<details open ontoggle=alert(1)>x</details>',
  '<marquee onstart=alert(1)>x</marquee>',
  '<body onload=alert(1)>',
  '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
  '<base href="javascript:alert(1)//">',
  '<link rel=stylesheet href=https://evil.test/x.css>',
  '<style>@import "https://evil.test/x.css"; body{background:url(https://evil.test)}</style>',
  '<style><!--</style><img src=x onerror=alert(1)>',
  '<div style="position:fixed;inset:0">x</div>',
  '<div style="background-image:url(https://evil.test)">x</div>',
  '<table background="https://evil.test/x"><tr><td>x</table>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<xmp><p title="</xmp><svg/onload=alert(1)>"></xmp>',
  '<noembed><img title="</noembed><img src=x onerror=alert(1)>"></noembed>',
  '<title><img title="</title><img src=x onerror=alert(1)>"></title>',
  '<template><script>alert(1)</script></template>',
  '<plaintext><script>alert(1)</script>',
  '<!--><script>alert(1)</script>-->',
  '<!--[if IE]><script>alert(1)</script><![endif]-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<?xml-stylesheet href="javascript:alert(1)"?>',
  '<p id="x" name="y" class="z">x</p>',
  '<a href="https://ok.test/&quot; onmouseover=&quot;alert(1)">x</a>',
  '<b title="--&gt;&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;">x</b>',
  '"><img src=x onerror=alert(1)>',
  '<<script>alert(1)//<</script>',
  '<img """><script>alert(1)</script>">',
  '<x onclick=alert(1)>x</x>',
  '<p/onclick=alert(1)>x',
]

const FORBIDDEN_TAGS =
  /^(script|style|svg|math|form|iframe|object|embed|applet|input|button|select|option|textarea|meta|base|link|template|video|audio|source|image|body|html|noscript|xmp|plaintext|title|marquee|isindex|keygen)$/

/** What is wrong with HTML that should be safe, as a parser sees it. */
function dangers(html: string): string[] {
  const found: string[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      if (FORBIDDEN_TAGS.test(name)) found.push(`<${name}>`)
      for (const [key, value] of Object.entries(attributes)) {
        if (/^on|^style$|^srcset$|^id$|^class$|^target$|^background$|action$/i.test(key)) found.push(`${name} ${key}`)
        if (key === 'href' && !/^(https?|mailto):/i.test(value)) found.push(`href ${value}`)
        if (key === 'src' && !/^cid:/i.test(value)) found.push(`src ${value}`)
        if (key === 'rel' && value !== 'noopener noreferrer nofollow') found.push(`rel ${value}`)
      }
      if (name === 'a' && attributes.href !== undefined && attributes.rel === undefined) found.push('a without rel')
    },
    oncomment: () => found.push('comment'),
    onprocessinginstruction: (name) => found.push(name),
  })
  parser.end(html)
  return found
}

t.test(`none of ${VECTORS.length} hostile snippets survives, alone, nested or in Markdown`, async (t) => {
  for (const vector of VECTORS) {
    for (const html of [vector, `<table><tr><td>${vector}`, `<b><p>${vector}</p></b>`, `&lt;${vector}`]) {
      const safe = sanitiseHtml(html)
      t.same(dangers(safe ?? ''), [], html)
      t.equal(sanitiseHtml(safe ?? ''), safe, `once is enough: ${html}`)
    }
    t.same(dangers(bodyFrom('markdown', `Hello\n\n${vector}\n\n* ${vector}`).bodyHtml ?? ''), [], vector)
  }
})

t.test('links in Markdown go nowhere but to http, https and mailto', async (t) => {
  for (const url of [
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '&#106;avascript:x',
  ]) {
    t.same(dangers(bodyFrom('markdown', `[x](${url}) ![y](${url}) <${url}>`).bodyHtml ?? ''), [], url)
  }
  t.equal(
    bodyFrom('markdown', '**Hi** [you](https://ok.test)\nagain').bodyHtml,
    '<p><strong>Hi</strong> <a href="https://ok.test" rel="noopener noreferrer nofollow">you</a><br />again</p>\n',
  )
})

t.test('images come from the mail itself or not at all', async (t) => {
  t.equal(
    sanitiseHtml('<p><img src="cid:a@b" alt="x" width="9"></p>'),
    '<p><img src="cid:a@b" alt="x" width="9" /></p>',
  )
  t.equal(sanitiseHtml('<p>a<img src="https://evil.test/p.gif">b<img>c</p>'), '<p>abc</p>')
})

t.test('what mail is made of stays', async (t) => {
  for (const html of [
    '<table align="center"><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
    '<blockquote><p dir="rtl" lang="he">a</p></blockquote>',
    '<ol start="3"><li>a &amp; b &lt;c&gt;</li></ol>',
    '<h1>a</h1><hr /><pre><code>b</code></pre>',
  ]) {
    t.equal(sanitiseHtml(html), html)
  }
})

const hostileHtml = fc
  .array(
    fc.oneof(
      fc.constantFrom(...VECTORS),
      fc.constantFrom(
        '<b>',
        '</b>',
        '<p>',
        '</p>',
        '<a href="',
        '">',
        "'",
        '"',
        '<',
        '>',
        '&',
        '&amp;',
        '&lt;',
        '&#',
        ';',
      ),
      fc.constantFrom(
        '<!--',
        '-->',
        '<style>',
        '</style>',
        '<svg>',
        '</svg>',
        '<table>',
        '<td>',
        '<img src=cid:',
        '=',
        '/',
        ' ',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 25 },
  )
  .map((pieces) => pieces.join(''))

t.test('sanitising twice gives the same as once, and always something safe', async (t) => {
  fc.assert(
    fc.property(hostileHtml, (html) => {
      const safe = sanitiseHtml(html) ?? ''
      return sanitiseHtml(safe) === safe && dangers(safe).length === 0
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

t.test('HTML beyond the limits is not touched, at the limit it is', async (t) => {
  const { bytesMax, depthMax, tagsMax } = HTML_LIMITS
  const nested = (depth: number) => `${'<b>'.repeat(depth)}x${'</b>'.repeat(depth)}`
  t.not(sanitiseHtml(nested(depthMax)), null)
  t.equal(sanitiseHtml(nested(depthMax + 1)), null)
  t.not(sanitiseHtml('<br>'.repeat(tagsMax)), null)
  t.equal(sanitiseHtml('<br>'.repeat(tagsMax + 1)), null)
  t.not(sanitiseHtml('x'.repeat(bytesMax)), null)
  t.equal(sanitiseHtml(`${'x'.repeat(bytesMax)}x`), null)
  t.equal(sanitiseHtml('é'.repeat(bytesMax / 2 + 1)), null, 'bytes are counted, not characters')

  const { bodyText, bodyHtml } = bodyFrom('html', nested(depthMax + 1))
  t.equal(bodyText, 'x')
  t.equal(bodyHtml, '<pre>x</pre>')
})

t.test('hostile bodies cost less than a second', async (t) => {
  const bodies: [string, 'html' | 'markdown', string][] = [
    ['nested and wide', 'html', '<div>'.repeat(255) + 'x <br>'.repeat(40_000)],
    ['never closed', 'html', '<div>'.repeat(200_000)],
    ['half tags', 'html', '<b'.repeat(500_000)],
    ['brackets', 'html', '<'.repeat(1_000_000)],
    ['as many brackets as fit', 'html', '<'.repeat(262_144)],
    ['entities', 'html', '&amp;'.repeat(200_000)],
    ['attributes', 'html', `<a ${'a=b '.repeat(250_000)}>`],
    ['quotes in quotes', 'html', '<blockquote>'.repeat(200) + 'a<br>'.repeat(40_000)],
    ['emphasis', 'markdown', '*a **b'.repeat(40_000)],
    ['quote marks', 'markdown', '>'.repeat(100_000)],
    ['one long word', 'markdown', `${'a.'.repeat(60_000)}@`],
    ['open brackets', 'markdown', '['.repeat(100_000)],
    ['as many marks as may be', 'markdown', '*a **b'.repeat(900)],
  ]
  for (const [name, format, source] of bodies) {
    const cost = startCost()
    bodyFrom(format, source)
    t.ok(cost() < 1_000, `${name}: ${cost()} ms`)
  }
})

for (const [html, text] of [
  ['<p>Hello <b>you</b>&nbsp;&amp; me</p><p>Bye</p>', 'Hello you & me\n\nBye'],
  ['<div>a</div><div><br></div><div>b</div>', 'a\n\nb'],
  ['a<br>b<br><br>c', 'a\nb\n\nc'],
  ['<ul><li>one<li>two</ul><ol><li>x<li>y</ol>', '- one\n- two\n\n1. x\n2. y'],
  ['<a href="https://a.test/b">here</a>, <a href="https://a.test">a.test</a>', 'here <https://a.test/b>, a.test'],
  ['<a href="mailto:a@b.test">a@b.test</a> <a href="javascript:x">y</a>', 'a@b.test y'],
  ['x<blockquote>q<br>r<blockquote>s</blockquote></blockquote>y', 'x\n> q\n> r\n> > s\ny'],
  ['<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>', '1 2\n3'],
  ['<pre>a\n  b</pre>', 'a\n  b'],
  ['<head><title>t</title><style>p{}</style></head><body>a<script>b</script></body>', 'a'],
  ['<div style="display:none">preheader</div>a', 'a'],
  ['  \n lots \n of   space \n', 'lots of space'],
  ['<img src=x alt="A chart">', 'A chart'],
  ['', ''],
] as const) {
  t.test(`as text, ${JSON.stringify(html)} reads well`, async (t) => t.equal(htmlToText(html), text))
}

t.test('a preview is one line of at most 140 characters, cut at a word', async (t) => {
  t.equal(preview('  a\n\n b\tc '), 'a b c')
  t.equal(preview('x'.repeat(140)), 'x'.repeat(140))
  t.equal(preview('x'.repeat(141)), `${'x'.repeat(139)}…`)
  t.equal(preview(`${'word '.repeat(40)}`), `${'word '.repeat(27)}word…`)
  t.ok(preview('🙂'.repeat(100)).isWellFormed())
})

t.test('text stays as it is, without NUL and with one kind of line end', async (t) => {
  t.same(bodyFrom('text', '<b>a</b>\r\nb\0\rc'), { bodyText: '<b>a</b>\nb\nc', bodyHtml: null })
})

t.test('domains that are in their one form already are told as the others are', (t) => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,8}$|^xn--[a-z0-9-]{1,8}$|^0x[0-9a-f]{1,3}$/)
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
      const domain = labels.join('.')
      // what is written with a capital goes the long way
      const capital = domain.replace(/[a-z]/, (letter) => letter.toUpperCase())
      t.equal(normaliseDomain(domain), normaliseDomain(capital), domain)
    }),
    { numRuns: 2_000 },
  )
  t.equal(normaliseDomain(`${'a'.repeat(63)}.test`), `${'a'.repeat(63)}.test`)
  t.equal(normaliseDomain(`${'a'.repeat(64)}.test`), undefined)
  t.end()
})

t.test('an address is one bare mailbox, its domain in lower case and punycode', async (t) => {
  t.same(parseAddress('Ada.L@Example.ORG'), { address: 'Ada.L@example.org', local: 'Ada.L', domain: 'example.org' })
  t.equal(normaliseAddress('Ada.L@Example.ORG'), 'ada.l@example.org')
  t.equal(normaliseAddress('x@bu\u0308cher.example'), 'x@xn--bcher-kva.example', 'composed first')
  t.equal(normaliseAddress("o'neil+tag/x=y@a-b.example"), "o'neil+tag/x=y@a-b.example")
  t.ok(parseAddress(`${'a'.repeat(64)}@b.test`))
  // biome-ignore format: a list
  for (const text of ['', '@', 'a@', '@b', 'a', 'a@b@c', 'a b@c.test', ' a@b.test', 'a@b.test ', '"a"@b.test', 'a%b@c.test',
    'b!a@c.test', '@x:a@b.test', 'a@[127.0.0.1]', 'a@127.0.0.1', 'a@0x7f.1', 'a@1', '.a@b.test', 'a.@b.test', 'a..b@c.test',
    'a@b..test', 'a@-b.test', 'a@b-.test', 'a@b_c.test', 'a(x)@b.test', 'a@b.test(x)', '<a@b.test>', 'a,b@c.test', 'a;b@c.test',
    'a@b.test\r\nRCPT', 'a\0@b.test', 'a@b\u200b.test', 'a@b\u2028.test', 'ä@b.test', 'a@b.test\u00a0', 'a@%62.test', 'a@xn--\u0080',
    `${'a'.repeat(65)}@b.test`, `a@${'b'.repeat(64)}.test`, `a@${'b.'.repeat(160)}test`, 'a@b/c', 'a@b:25', 'a@b#c', 'a@b?c', 'a\\@b.test']) {
    t.equal(parseAddress(text), undefined, encodeURIComponent(text))
  }
})

t.test('parsing an address is quick, however long it is, and what comes out goes in again', async (t) => {
  for (const piece of ['(', 'g:', '"', '.', 'a.', '@', 'a@', '<', 'xn--', '\u0308', 'ｘ']) {
    const cost = startCost()
    parseAddress(piece.repeat(100_000))
    parseAddress(`a@${piece.repeat(100)}`)
    t.ok(cost() < 50, piece)
  }
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string(), fc.string({ unit: 'binary' })), (text) => {
      const once = normaliseAddress(text)
      return once === undefined || normaliseAddress(once) === once
    }),
  )
  t.pass()
})
