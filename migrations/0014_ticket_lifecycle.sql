ALTER TABLE "messages" ADD COLUMN "origin_ticket_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "deleted_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "spam" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "snoozed_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "snoozed_until" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "merged_into_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "merged_under_id" text COLLATE "C";--> statement-breakpoint
CREATE INDEX "tickets_deleted" ON "tickets" USING btree ("id") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "tickets_spam" ON "tickets" USING btree ("id") WHERE spam;--> statement-breakpoint
CREATE INDEX "tickets_snoozed_until" ON "tickets" USING btree ("snoozed_until") WHERE snoozed_until is not null;--> statement-breakpoint
CREATE INDEX "tickets_merged_into" ON "tickets" USING btree ("merged_into_id","id") WHERE merged_into_id is not null;--> statement-breakpoint
CREATE INDEX "tickets_merged_under" ON "tickets" USING btree ("merged_under_id","id") WHERE merged_under_id is not null;