ALTER TABLE "outbound_mails" ADD COLUMN "body_text" text;--> statement-breakpoint
ALTER TABLE "outbound_mails" ADD COLUMN "body_html" text;