import { Type } from 'typebox'
import { Closed, Id } from '../../kernel/schema.ts'

export const ErasePerson = Closed({
  personId: Id(),
  subjects: Type.Optional(
    Type.Boolean({ description: 'The subjects of their tickets, too: what is written there may name them' }),
  ),
})

export const ExportPerson = Closed({ personId: Id() })

declare module '../../kernel/jobs.ts' {
  interface JobData {
    'person.erase': { jobId: string; step: number }
  }
}

declare module '../../kernel/events.ts' {
  interface EventData {
    'person.erasure_begun': { jobId: string }
    'person.erased': { jobId: string }
  }
}
