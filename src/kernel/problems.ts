/** Every way to be refused. Codes are stable and never used again for something else; docs are served at /problems/{code}. */
export const problems = {
  malformed_request: { status: 400, title: 'The request is no HTTP' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  invalid_parameter: { status: 400, title: 'A parameter of the path, the query or a header is wrong' },
  graphql_invalid: { status: 400, title: 'The GraphQL document cannot be run' },
  unauthenticated: { status: 401, title: 'Say who you are: a valid API key or token is needed' },
  wrong_credentials: { status: 401, title: 'Address and password, or the refresh token, are not right' },
  forbidden: { status: 403, title: 'You may see this, but not do it' },
  missing_scope: { status: 403, title: 'Your API key has no scope for this' },
  not_found: { status: 404, title: 'There is nothing here' },
  ticket_not_found: { status: 404, title: 'There is no such ticket' },
  conversation_not_found: { status: 404, title: 'There is no such conversation beside those that every ticket has' },
  participant_not_found: { status: 404, title: 'This person takes no part in the conversation' },
  message_not_found: { status: 404, title: 'There is no such message' },
  attachment_not_found: { status: 404, title: 'There is no such attachment' },
  person_not_found: { status: 404, title: 'There is no such person' },
  organization_not_found: { status: 404, title: 'There is no such organization' },
  team_not_found: { status: 404, title: 'There is no such team' },
  mailbox_not_found: { status: 404, title: 'There is no such mailbox' },
  api_key_not_found: { status: 404, title: 'There is no such API key' },
  inbound_mail_not_found: { status: 404, title: 'There is no such inbound mail' },
  macro_not_found: { status: 404, title: 'There is no such macro' },
  template_not_found: { status: 404, title: 'There is no such template' },
  rule_not_found: { status: 404, title: 'There is no such rule' },
  absence_not_found: { status: 404, title: 'There is no such absence of this person' },
  time_entry_not_found: { status: 404, title: 'There is no such time entry' },
  timesheet_not_found: { status: 404, title: 'There is no such week: it is written as 2026-W47' },
  activity_not_found: { status: 404, title: 'There is no such activity' },
  activity_in_use: { status: 409, title: 'Time was spent on it: it can be disabled' },
  contract_not_found: { status: 404, title: 'There is no such contract' },
  sla_policy_not_found: { status: 404, title: 'There is no such SLA policy' },
  calendar_not_found: { status: 404, title: 'There is no such calendar' },
  job_not_found: { status: 404, title: 'There is no such job of yours' },
  simulation_not_found: { status: 404, title: 'There is no such simulation of this rule' },
  event_not_found: { status: 404, title: 'There is no such event of this ticket' },
  notification_not_found: { status: 404, title: 'There is no such notification' },
  session_not_found: { status: 404, title: 'There is no such session' },
  link_not_found: { status: 404, title: 'There is no such link of this ticket' },
  follower_not_found: { status: 404, title: 'This person does not follow the ticket' },
  email_not_found: { status: 404, title: 'This is no address of this person' },
  suppression_not_found: { status: 404, title: 'This address is not suppressed' },
  outbound_mail_not_found: { status: 404, title: 'There is no such outbound mail' },
  field_not_found: { status: 404, title: 'There is no such custom field' },
  type_not_found: { status: 404, title: 'There is no such type of ticket' },
  status_not_found: { status: 404, title: 'There is no such status' },
  priority_not_found: { status: 404, title: 'There is no such priority' },
  category_not_found: { status: 404, title: 'There is no such category' },
  project_not_found: { status: 404, title: 'There is no such project' },
  view_not_found: { status: 404, title: 'There is no such view' },
  method_not_allowed: { status: 405, title: 'This method is not for this address' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  ticket_deleted: { status: 409, title: 'This ticket is deleted; restore it first' },
  ticket_merged: { status: 409, title: 'This ticket was merged; it goes on as another one' },
  ticket_not_deleted: { status: 409, title: 'This ticket is not deleted' },
  ticket_not_snoozed: { status: 409, title: 'This ticket is not snoozed' },
  ticket_not_merged: { status: 409, title: 'This ticket is not merged' },
  merge_cycle: { status: 409, title: 'These are the same ticket, or one is a part of the other' },
  merge_too_large: { status: 409, title: 'Too much hangs on this to be merged' },
  queue_empty: { status: 409, title: 'Nothing waits in this queue' },
  already_claimed: { status: 409, title: 'Somebody else has the ticket' },
  not_claimed: { status: 409, title: 'Nobody has the ticket' },
  email_taken: { status: 409, title: 'Another person has this e-mail address' },
  email_is_primary: { status: 409, title: 'Mail goes to this address; choose another one for it first' },
  person_inactive: { status: 409, title: 'This person is disabled, or their record is no more' },
  person_active: { status: 409, title: 'Somebody who works here must be disabled first' },
  domain_taken: { status: 409, title: 'Another organization has this domain' },
  organization_in_use: { status: 409, title: 'People belong to this organization, or a contract of it runs' },
  mailbox_taken: { status: 409, title: 'Another mailbox has this address' },
  last_admin: { status: 409, title: 'The desk needs an admin who is not disabled' },
  mailbox_in_use: { status: 409, title: 'The desk needs at least one mailbox' },
  message_not_held: { status: 409, title: 'This message is not held' },
  already_acknowledged: { status: 409, title: 'This ticket was acknowledged already' },
  macro_taken: { status: 409, title: 'Another macro has this key' },
  template_taken: { status: 409, title: 'Another template has this key' },
  rule_taken: { status: 409, title: 'Another rule has this key' },
  already_linked: { status: 409, title: 'These tickets are linked so already' },
  field_taken: { status: 409, title: 'Another custom field has this key, or had it' },
  transition_not_allowed: { status: 409, title: 'The workflow does not let the ticket go there, or not yet' },
  role_not_found: { status: 404, title: 'No such role' },
  role_is_shipped: { status: 409, title: 'A shipped role is fixed' },
  way_closed: { status: 403, title: 'Clients may not do this by this way' },
  key_taken: { status: 409, title: 'Another one of this vocabulary has this key' },
  in_use: { status: 409, title: 'It is in use; say what is to stand in its place' },
  already_participating: { status: 409, title: 'This person takes part in the conversation already' },
  already_following: { status: 409, title: 'This person follows the ticket already' },
  mail_already_filed: { status: 409, title: 'This mail is on a ticket, or on its way there' },
  mail_not_resendable: { status: 409, title: 'This mail is on its way already' },
  simulation_finished: { status: 409, title: 'This simulation has come to its end' },
  timer_running: { status: 409, title: 'A timer of this person is running' },
  timer_not_running: { status: 409, title: 'No timer of yours is running on this ticket' },
  time_entry_kept: { status: 409, title: 'This entry stands in a timesheet that was handed in' },
  time_entry_open: { status: 409, title: 'This entry may still be changed' },
  time_entry_reversed: { status: 409, title: 'This entry is reversed, or takes another one back' },
  timesheet_closed: { status: 409, title: 'The timesheet of this week was handed in' },
  timesheet_state: { status: 409, title: 'The timesheet is not in a state for this' },
  contract_exhausted: { status: 409, title: 'The contract does not cover this, and blocks what it does not cover' },
  contract_ended: { status: 409, title: 'The contract has ended' },
  job_finished: { status: 409, title: 'This job has come to its end' },
  view_key_taken: { status: 409, title: 'Another view has this key' },
  idempotency_in_progress: { status: 409, title: 'The first request with this Idempotency-Key is still running' },
  token_gone: { status: 410, title: 'This token was used, has expired, or never was' },
  version_conflict: { status: 412, title: 'Somebody changed these fields since you read them' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This route does not take this content type' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  invalid_input: { status: 422, title: 'The input is wrong' },
  not_assignable: { status: 422, title: 'Only people of the support team can be assigned' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used for another request' },
  too_many_simulations: { status: 429, title: 'Many simulations are running already; wait for one to end' },
  too_many_jobs: { status: 429, title: 'Many jobs are running already; wait for one to end' },
  rate_limited: { status: 429, title: 'Too many attempts; wait, then try again' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  too_busy: { status: 503, title: 'Too much is being done at once; try again' },
  unavailable: { status: 503, title: 'The database is away; try again' },
} as const

export type ProblemCode = keyof typeof problems

/** One fault in an input: where (RFC 6901, relative to the input), and what. */
export interface Fault {
  pointer: string
  code: string
  detail: string
  /** What was probably meant. */
  didYouMean?: string
  /** In a text: where it begins, counted from 0. */
  position?: number
}

/** More members of the problem, e.g. currentVersion (RFC 9457 §3.2). */
export interface ProblemExtras {
  detail?: string
  errors?: Fault[]
  retryAfterSeconds?: number
  [member: string]: unknown
}

/** A client's mistake, or a state that forbids. The only class of the house, because it is thrown. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly extras: ProblemExtras

  constructor(code: ProblemCode, extras: ProblemExtras = {}) {
    super(extras.detail ?? problems[code].title)
    this.name = 'Problem'
    this.code = code
    this.extras = extras
  }

  get status(): number {
    return problems[this.code].status
  }
}

/** 422 with one fault at a place of the input. */
export const invalid = (pointer: string, code: string, detail: string): Problem =>
  new Problem('invalid_input', { detail: `${pointer}: ${detail}`, errors: [{ pointer, code, detail }] })

/** 422 with every fault at its place, and what was probably meant at the first that says so. */
export function invalidInput(errors: readonly (Fault & { didYouMean?: string | undefined })[]): Problem {
  const didYouMean = errors.find((fault) => fault.didYouMean)?.didYouMean
  return new Problem('invalid_input', {
    detail: errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; '),
    errors: [...errors],
    ...(didYouMean ? { didYouMean } : {}),
  })
}

/** RFC 9457, the same in REST and in GraphQL's extensions. */
export function renderProblem(problem: Problem, requestId: string) {
  const { status, title } = problems[problem.code]
  const { detail = title, retryAfterSeconds: _, ...extras } = problem.extras
  return { type: `/problems/${problem.code}`, title, status, code: problem.code, detail, requestId, ...extras }
}

const CONNECTION_FAULTS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'ENOENT'])

/** Whether the database is away, rather than our statement wrong: SQLSTATE classes 08, 53 and 57, and broken sockets. */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (CONNECTION_FAULTS.has(code) || /^(08|53|57)/.test(code)) return true
  return /Connection terminated|not queryable|timeout exceeded when trying to connect|Cannot use a pool/.test(
    error.message,
  )
}

/** What an adapter tells: problems as they are, an absent database as 503, anything else as 500 with nothing told. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isUnavailable(error)) return new Problem('unavailable', { retryAfterSeconds: 2 })
  return new Problem('internal_error')
}
