/** Writes mails to the desk's mailbox; each has a Message-ID of its own, which begins with these letters. */
export function mailWriter(letters: string): (headers: Record<string, string>, body?: string) => string {
  let count = 0
  return (headers, body = 'Words') => {
    const all = {
      To: 'support@kontor.localhost',
      Subject: 'Hello',
      'Message-ID': `<${letters}${count++}@good.test>`,
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
    return `${lines.join('\n')}\n\n${body}\n`
  }
}
