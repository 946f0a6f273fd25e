CREATE TABLE "access_settings" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"mail" jsonb NOT NULL,
	"api_requester" jsonb NOT NULL,
	"api_full_user" jsonb NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "roles" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"ticket_access" text NOT NULL,
	"organization_tickets" boolean NOT NULL,
	"permissions" text[] NOT NULL,
	"changeable" text[] NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "acts_as" text;--> statement-breakpoint
UPDATE "people" SET "acts_as" = "role";--> statement-breakpoint
ALTER TABLE "people" ALTER COLUMN "acts_as" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "tickets_team" ON "tickets" USING btree ("team_id","id") WHERE team_id is not null;--> statement-breakpoint
CREATE INDEX "tickets_assignee" ON "tickets" USING btree ("assignee_id","id") WHERE assignee_id is not null;