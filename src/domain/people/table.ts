import { sql } from 'drizzle-orm'
import { boolean, foreignKey, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { id, instant } from '../../db/columns.ts'
import type { Role } from '../../kernel/actor.ts'
import { withKey } from '../../kernel/write-set.ts'
import { organizations } from '../organizations/table.ts'
import { DIGEST_MINUTES, type NoticeChoices } from './schema.ts'

/** One record for each human. */
export const people = pgTable(
  'people',
  {
    id: id().primaryKey(),
    name: text(),
    /** The address that mail goes to. */
    email: text().notNull(),
    emails: text().array().notNull(),
    /** The key of their role. */
    role: text().notNull(),
    /** The shipped role that theirs is, or acts as: a role of the desk's own never changes it. */
    actsAs: text().$type<Role>().notNull(),
    /** Whether tickets can be assigned to them. */
    supportTeam: boolean().notNull(),
    organizationId: id(),
    /** Somebody who works here put them there; where the domain of their address did, it must be proven before it shows them anything. */
    organizationVouched: boolean().notNull().default(false),
    locale: text(),
    timeZone: text(),
    disabledAt: instant(),
    /** Whose record theirs has become a part of. */
    mergedIntoId: id(),
    /** When all that was kept about them was blanked. */
    erasedAt: instant(),
    /** How they want to be told; what is not in it is as usual. */
    notices: jsonb().$type<NoticeChoices>().notNull().default({}),
    /** How long after the first notice that waits for it their digest leaves. */
    digestMinutes: integer().notNull().default(DIGEST_MINUTES),
    version: integer().notNull(),
    createdAt: instant().notNull(),
    updatedAt: instant().notNull(),
  },
  (t) => [
    // conditions and searches ask for a requester by their address
    index('people_email').on(t.email),
    index('people_merged_into').on(t.mergedIntoId).where(sql`merged_into_id is not null`),
    index('people_organization_members').on(t.organizationId).where(sql`organization_id is not null`),
    foreignKey({ name: 'people_organization', columns: [t.organizationId], foreignColumns: [organizations.id] }),
  ],
)

/** Whose an address is: normalised, and nobody else's. */
export const personEmails = pgTable(
  'person_emails',
  {
    address: id().primaryKey(),
    personId: id()
      .notNull()
      .references(() => people.id),
    verifiedAt: instant(),
    createdAt: instant().notNull(),
  },
  (t) => [index('person_emails_person').on(t.personId)],
)

export const teams = pgTable('teams', {
  id: id().primaryKey(),
  name: text().notNull(),
  version: integer().notNull(),
  createdAt: instant().notNull(),
  updatedAt: instant().notNull(),
})

export const teamMembers = withKey(
  pgTable(
    'team_members',
    {
      teamId: id()
        .notNull()
        .references(() => teams.id),
      personId: id()
        .notNull()
        .references(() => people.id),
    },
    (t) => [primaryKey({ columns: [t.teamId, t.personId] }), index('team_members_person').on(t.personId)],
  ),
  'teamId',
  'personId',
)
