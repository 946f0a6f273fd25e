ALTER TABLE "notifications" ADD COLUMN "awaits_digest" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "digest_mail_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "digest_minutes" integer DEFAULT 60 NOT NULL;--> statement-breakpoint
CREATE INDEX "notifications_awaiting" ON "notifications" USING btree ("person_id","created_at") WHERE awaits_digest;--> statement-breakpoint
CREATE INDEX "notifications_digest" ON "notifications" USING btree ("digest_mail_id") WHERE digest_mail_id is not null;