import { dueDigests, sendDigest } from '../domain/notifications/send-digest.ts'
import { dueWork } from './due-work.ts'

/** Sends digests when their time has come. */
export const digestWork = dueWork(dueDigests, async (desk, personId) =>
  (await desk.execute(sendDigest, { personId })).found ? 1 : 0,
)
