CREATE SEQUENCE "public"."ticket_number" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"secret_hash" text COLLATE "C" NOT NULL,
	"prefix" text NOT NULL,
	"scopes" text[] NOT NULL,
	"expires_at" timestamp(3) with time zone,
	"last_used_at" timestamp(3) with time zone,
	"revoked_at" timestamp(3) with time zone,
	"created_by_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "api_keys_secret" UNIQUE("secret_hash")
);
--> statement-breakpoint
CREATE TABLE "attachments" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"message_id" text COLLATE "C",
	"ticket_id" text COLLATE "C",
	"uploaded_by_id" text COLLATE "C",
	"sha256" text COLLATE "C" NOT NULL,
	"filename" text NOT NULL,
	"content_type" text NOT NULL,
	"size" bigint NOT NULL,
	"content_id" text,
	"inline" boolean NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "blob_chunks" (
	"sha256" text COLLATE "C" NOT NULL,
	"n" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "blob_chunks_sha256_n_pk" PRIMARY KEY("sha256","n")
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"sha256" text COLLATE "C" PRIMARY KEY NOT NULL,
	"size" bigint NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "correspondents" (
	"ticket_id" text COLLATE "C" NOT NULL,
	"address" text COLLATE "C" NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "correspondents_ticket_id_address_pk" PRIMARY KEY("ticket_id","address")
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"api_key_id" text,
	"channel" text NOT NULL,
	"ticket_id" text COLLATE "C",
	"object_type" text NOT NULL,
	"object_id" text NOT NULL,
	"object_version" integer,
	"changes" jsonb NOT NULL,
	"data" jsonb NOT NULL,
	"cause" jsonb,
	"facts" json NOT NULL,
	"request_id" text
);
--> statement-breakpoint
CREATE TABLE "feed" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"event_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feed_pending" (
	"position" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "feed_pending_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"credential" text COLLATE "C" NOT NULL,
	"operation" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"result" jsonb,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_credential_operation_key_pk" PRIMARY KEY("credential","operation","key")
);
--> statement-breakpoint
CREATE TABLE "inbound_mails" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"mailbox_id" text COLLATE "C" NOT NULL,
	"state" text NOT NULL,
	"received_at" timestamp(3) with time zone NOT NULL,
	"mail_from" text NOT NULL,
	"rcpt_to" text NOT NULL,
	"peer" text NOT NULL,
	"size" bigint NOT NULL,
	"sha256" text COLLATE "C" NOT NULL,
	"attempts" integer NOT NULL,
	"worker_id" text COLLATE "C",
	"outcome" jsonb,
	"verdict" text,
	"ticket_id" text COLLATE "C",
	"message_id" text COLLATE "C",
	"header_message_id" text,
	"identity" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "mail_references" (
	"message_id" text COLLATE "C" NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "mail_references_message_id_ticket_id_pk" PRIMARY KEY("message_id","ticket_id")
);
--> statement-breakpoint
CREATE TABLE "mailboxes" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"address" text COLLATE "C" NOT NULL,
	"name" text NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"priority" text COLLATE "C",
	"team_id" text COLLATE "C",
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "mailboxes_address" UNIQUE("address")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"conversation_id" text COLLATE "C" NOT NULL,
	"author_id" text COLLATE "C",
	"visibility" text NOT NULL,
	"channel" text NOT NULL,
	"body_text" text NOT NULL,
	"body_html" text,
	"visible_text" text NOT NULL,
	"quoted_text" text,
	"attachments" jsonb NOT NULL,
	"in_reply_to" text,
	"held" boolean NOT NULL,
	"verified" boolean,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbound_mails" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"ticket_message_id" text COLLATE "C",
	"message_id" text COLLATE "C" NOT NULL,
	"to" text COLLATE "C" NOT NULL,
	"to_name" text,
	"subject" text NOT NULL,
	"reason" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"worker_id" text COLLATE "C",
	"smtp_response" text,
	"created_at" timestamp(3) with time zone NOT NULL,
	"sent_at" timestamp(3) with time zone,
	"next_attempt_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"position" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"queue" text NOT NULL,
	"data" jsonb NOT NULL,
	"start_at" timestamp(3) with time zone NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text,
	"email" text NOT NULL,
	"emails" text[] NOT NULL,
	"role" text NOT NULL,
	"support_team" boolean NOT NULL,
	"organization_id" text COLLATE "C",
	"locale" text,
	"time_zone" text,
	"disabled_at" timestamp(3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person_emails" (
	"address" text COLLATE "C" PRIMARY KEY NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"verified_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "priorities" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reply_addresses" (
	"reply_key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"address" text COLLATE "C" NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"value" "bytea" NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "statuses" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"category" text NOT NULL,
	"position" integer NOT NULL,
	"requester_label" text
);
--> statement-breakpoint
CREATE TABLE "team_members" (
	"team_id" text COLLATE "C" NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "team_members_team_id_person_id_pk" PRIMARY KEY("team_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tickets" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"number" integer NOT NULL,
	"subject" text NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"status" text COLLATE "C" NOT NULL,
	"status_category" text NOT NULL,
	"priority" text COLLATE "C" NOT NULL,
	"priority_rank" smallint NOT NULL,
	"category" text COLLATE "C",
	"project" text COLLATE "C",
	"requester_id" text COLLATE "C" NOT NULL,
	"organization_id" text COLLATE "C",
	"assignee_id" text COLLATE "C",
	"team_id" text COLLATE "C",
	"parent_id" text COLLATE "C",
	"tags" text[] NOT NULL,
	"fields" jsonb NOT NULL,
	"channel" text NOT NULL,
	"due_at" timestamp(3) with time zone,
	"estimated_resolution_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"first_replied_at" timestamp(3) with time zone,
	"solved_at" timestamp(3) with time zone,
	"closed_at" timestamp(3) with time zone,
	"last_message_at" timestamp(3) with time zone,
	"last_requester_activity_at" timestamp(3) with time zone,
	"last_agent_activity_at" timestamp(3) with time zone,
	"last_activity_by" text COLLATE "C",
	"last_message_preview" text,
	"needs_reaction" boolean NOT NULL,
	"last_note_at" timestamp(3) with time zone,
	"version" integer NOT NULL,
	"public_version" integer NOT NULL,
	"public_updated_at" timestamp(3) with time zone NOT NULL,
	"customer_conversation_id" text COLLATE "C" NOT NULL,
	"internal_conversation_id" text COLLATE "C" NOT NULL,
	"mailbox_id" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "types" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"enabled" boolean NOT NULL,
	"default_status" text COLLATE "C" NOT NULL,
	"default_priority" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "versions" (
	"id" integer PRIMARY KEY NOT NULL,
	"vocabulary" integer NOT NULL,
	"rules" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"lock_key" integer NOT NULL,
	"started_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailboxes" ADD CONSTRAINT "mailboxes_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_emails" ADD CONSTRAINT "person_emails_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tickets" ADD CONSTRAINT "tickets_requester_id_people_id_fk" FOREIGN KEY ("requester_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_person" ON "api_keys" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "attachments_message" ON "attachments" USING btree ("message_id");--> statement-breakpoint
CREATE INDEX "events_ticket" ON "events" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE INDEX "events_object" ON "events" USING btree ("object_id","object_version") WHERE ticket_id is null;--> statement-breakpoint
CREATE UNIQUE INDEX "inbound_mails_identity" ON "inbound_mails" USING btree ("identity");--> statement-breakpoint
CREATE INDEX "inbound_mails_pending" ON "inbound_mails" USING btree ("received_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "inbound_mails_ticket" ON "inbound_mails" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE INDEX "messages_ticket" ON "messages" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE INDEX "outbound_mails_ticket" ON "outbound_mails" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE INDEX "outbound_mails_due" ON "outbound_mails" USING btree ("created_at") WHERE state in ('queued', 'deferred');--> statement-breakpoint
CREATE INDEX "person_emails_person" ON "person_emails" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "reply_addresses_owner" ON "reply_addresses" USING btree ("ticket_id","address");--> statement-breakpoint
CREATE INDEX "team_members_person" ON "team_members" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "tickets_number" ON "tickets" USING btree ("number");--> statement-breakpoint
CREATE INDEX "tickets_updated" ON "tickets" USING btree ("updated_at","id");--> statement-breakpoint
CREATE INDEX "tickets_requester" ON "tickets" USING btree ("requester_id","id");--> statement-breakpoint
CREATE INDEX "tickets_open_of_assignee" ON "tickets" USING btree ("assignee_id","priority_rank","updated_at","id") WHERE status_category = 'open';