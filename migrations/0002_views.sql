CREATE TABLE "views" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"owner" text NOT NULL,
	"owner_id" text COLLATE "C",
	"condition" jsonb NOT NULL,
	"sort" text NOT NULL,
	"group" text,
	"columns" text[] NOT NULL,
	"position" integer NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "tickets_open_of_assignee";--> statement-breakpoint
CREATE INDEX "views_owner" ON "views" USING btree ("owner","owner_id");--> statement-breakpoint
CREATE INDEX "tickets_unresolved_of_assignee" ON "tickets" USING btree ("assignee_id","priority_rank","updated_at","id","status_category") WHERE status_category in ('open', 'waiting_on_customer', 'waiting_on_other');--> statement-breakpoint
CREATE INDEX "tickets_unresolved" ON "tickets" USING btree ("status_category","updated_at","id") WHERE status_category in ('open', 'waiting_on_customer', 'waiting_on_other');