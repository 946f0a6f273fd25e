CREATE TABLE "notifications" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"message_id" text COLLATE "C",
	"event_id" text COLLATE "C" NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"read_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "suppressed_addresses" (
	"address" text COLLATE "C" PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"detail" text,
	"inbound_mail_id" text COLLATE "C",
	"created_by_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ticket_followers" (
	"ticket_id" text COLLATE "C" NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"source" text NOT NULL,
	"added_by_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "ticket_followers_ticket_id_person_id_pk" PRIMARY KEY("ticket_id","person_id")
);
--> statement-breakpoint
ALTER TABLE "inbound_mails" ADD COLUMN "released_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "sanitiser_version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "kind" text DEFAULT 'reply' NOT NULL;--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "notice" text;--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "person_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "event_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "trail" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "notices" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
CREATE INDEX "notifications_person" ON "notifications" USING btree ("person_id","id");--> statement-breakpoint
CREATE INDEX "notifications_unread" ON "notifications" USING btree ("person_id","id") WHERE read_at is null;--> statement-breakpoint
CREATE INDEX "ticket_followers_person" ON "ticket_followers" USING btree ("person_id","ticket_id");--> statement-breakpoint
CREATE INDEX "outbound_mails_automatic" ON "outbound_mails" USING btree ("to","created_at") WHERE kind <> 'reply';--> statement-breakpoint
CREATE INDEX "outbound_mails_acknowledgements" ON "outbound_mails" USING btree ("created_at") WHERE kind = 'acknowledgement';