import type { TSchema } from 'typebox'
import { accessSchemas } from '../domain/access/schema.ts'
import { activitySchemas } from '../domain/activities/schema.ts'
import { Attachment, AttachmentLink } from '../domain/attachments/schema.ts'
import { bulkSchemas } from '../domain/bulk/schema.ts'
import { calendarSchemas } from '../domain/calendars/schema.ts'
import { conditionSchemas } from '../domain/conditions/schema.ts'
import { contractSchemas } from '../domain/contracts/schema.ts'
import { Conversation, Message } from '../domain/conversations/schema.ts'
import { Event } from '../domain/events/schema.ts'
import { fieldSchemas } from '../domain/fields/schema.ts'
import { Follower } from '../domain/followers/schema.ts'
import { InboundMailRow, MailCommand, MailInspection, MailOutcome, TraceStep } from '../domain/inbound/schema.ts'
import { Accepted, AccessToken, LoginSession } from '../domain/login/schema.ts'
import { Macro, MacroApplied } from '../domain/macros/schema.ts'
import { MailAddress, MailAttachment, MailBounce, MailForward, ParsedMail } from '../domain/mail/schema.ts'
import { Mailbox } from '../domain/mailboxes/schema.ts'
import { Notification, NotificationPreferences, NotificationsRead } from '../domain/notifications/schema.ts'
import { Organization } from '../domain/organizations/schema.ts'
import { MailCause, MailExplanation, MailStep, OutboundMail, SuppressedAddress } from '../domain/outbound/schema.ts'
import { Person, Team } from '../domain/people/schema.ts'
import { ReadState } from '../domain/reading/schema.ts'
import { TicketLink } from '../domain/relations/schema.ts'
import { roleSchemas } from '../domain/roles/schema.ts'
import {
  Finding,
  Rule,
  RuleExplanation,
  RuleRun,
  RuleTimer,
  RuleTrial,
  RuleWait,
  TriedRule,
} from '../domain/rules/schema.ts'
import { searchSchemas } from '../domain/search/schema.ts'
import { simulationSchemas } from '../domain/simulations/schema.ts'
import { slaSchemas } from '../domain/sla/schema.ts'
import { statisticsSchemas } from '../domain/statistics/schema.ts'
import { RenderedTemplate, Template } from '../domain/templates/schema.ts'
import { Ticket } from '../domain/tickets/schema.ts'
import { timeSchemas } from '../domain/time/schema.ts'
import { TimelineEntry } from '../domain/timeline/schema.ts'
import { wordSchemas } from '../domain/types/schema.ts'
import { viewSchemas } from '../domain/views/schema.ts'
import { workflowSchemas } from '../domain/workflows/schema.ts'
import { Absence, Workload } from '../domain/workload/schema.ts'

/** Each resource of the graph and the TypeBox schema that REST answers with: the same fields, the same nullability. */
export const twins: Record<string, TSchema> = {
  Ticket,
  Conversation,
  Message,
  Attachment,
  AttachmentLink,
  Person,
  Organization,
  Team,
  ...wordSchemas,
  ...workflowSchemas,
  Mailbox,
  ...accessSchemas,
  AccessToken,
  Accepted,
  LoginSession,
  TraceStep,
  MailCommand,
  MailOutcome,
  MailInspection,
  MailAddress,
  MailAttachment,
  MailForward,
  MailBounce,
  ParsedMail,
  InboundMail: InboundMailRow,
  OutboundMail,
  MailStep,
  MailCause,
  MailExplanation,
  SuppressedAddress,
  Follower,
  TicketLink,
  Workload,
  Absence,
  ReadState,
  TimelineEntry,
  Notification,
  Rule,
  Template,
  Macro,
  MacroApplied,
  RenderedTemplate,
  RuleRun,
  RuleWait,
  RuleTimer,
  RuleFinding: Finding,
  RuleExplanation,
  RuleTrial,
  TriedRule,
  ...simulationSchemas,
  NotificationPreferences,
  NotificationsRead,
  Event,
  ...bulkSchemas,
  ...activitySchemas,
  ...calendarSchemas,
  ...slaSchemas,
  ...timeSchemas,
  ...contractSchemas,
  ...statisticsSchemas,
  ...conditionSchemas,
  ...viewSchemas,
  ...roleSchemas,
  ...fieldSchemas,
  ...searchSchemas,
}

/** Types that only hold others together; what is in them comes from a resolver or from a part of a twin. */
const wrappers = ['PageInfo', 'Removed', 'EventPage', 'EventActor', 'EventObject', 'EventCause'] as const
export const isWrapper = (type: string): boolean =>
  type.endsWith('Connection') || wrappers.some((name) => name === type)
