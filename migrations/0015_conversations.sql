CREATE TABLE "conversation_participants" (
	"conversation_id" text COLLATE "C" NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"added_by_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "conversation_participants_conversation_id_person_id_pk" PRIMARY KEY("conversation_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "conversations" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"created_by_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
DROP INDEX "reply_addresses_owner";--> statement-breakpoint
ALTER TABLE "reply_addresses" ADD COLUMN "conversation_id" text COLLATE "C";--> statement-breakpoint
CREATE INDEX "conversation_participants_person" ON "conversation_participants" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "conversations_ticket" ON "conversations" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "reply_addresses_owner" ON "reply_addresses" USING btree ("ticket_id","address",coalesce(conversation_id, ''));