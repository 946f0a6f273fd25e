/** The same work for the same id is done once at a time in this process: whoever asks while it runs waits for that. */
export function oneAtATime(work: (id: string) => Promise<void>): (id: string) => Promise<void> {
  const underWay = new Map<string, Promise<void>>()
  return (id) => {
    const running = underWay.get(id)
    if (running) return running
    const begun = work(id).finally(() => underWay.delete(id))
    underWay.set(id, begun)
    return begun
  }
}
