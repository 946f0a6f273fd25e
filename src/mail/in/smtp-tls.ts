import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'

/** Our own certificate, with its chain, and its key (PEM). */
export interface TlsFiles {
  certPath: string
  keyPath: string
}

interface Certificate {
  cert: Buffer
  key: Buffer
}

const LOOK_MS = 3_600_000

/** Reads both. Rejects when one cannot be read, or they do not belong together. */
export async function readCertificate({ certPath, keyPath }: TlsFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([certPath, keyPath].map((path) => readFile(path)))
  if (!cert || !key) throw new Error('there is no certificate')
  createSecureContext({ cert, key })
  return { cert, key }
}

/** Tells of a certificate that was renewed, every hour; one that cannot be read leaves the old one in use. */
export function watchCertificate(
  files: TlsFiles,
  {
    current,
    onRenewed,
    onError,
  }: { current: Certificate; onRenewed(renewed: Certificate): void; onError(error: unknown): void },
): { look(): Promise<void>; stop(): void } {
  let known = current
  const look = async () => {
    try {
      const found = await readCertificate(files)
      if (found.cert.equals(known.cert) && found.key.equals(known.key)) return
      known = found
      onRenewed(found)
    } catch (error) {
      onError(error)
    }
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  timer.unref()
  return { look, stop: () => clearInterval(timer) }
}
